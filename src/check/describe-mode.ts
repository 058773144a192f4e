/** What a running mode is made of, as a report shows it: configs with their secrets masked, and certificates. */
import { describeCertificate, isSignedBy, pemCertificates } from "../pki/describe.ts";
import type { CertificateDetail, ModeDetail } from "../results.ts";
import type { RunningMode } from "../running/running.ts";

export function describeMode(running: RunningMode): ModeDetail {
  const { mode, serverNames, redact } = running;
  return {
    mode: mode.name,
    title: mode.title,
    why: mode.why,
    configs: serverNames.map((server) => ({ server, config: redact(running.config(server)) })),
    certificates: certificatesOf(running),
  };
}

const ORDER: readonly CertificateDetail["use"][] = ["ca", "server", "client", "check"];

/** The CA, what servers and clients show, and what checks show that should be turned away; in this order. */
function certificatesOf(running: RunningMode): readonly CertificateDetail[] {
  const { ca, mode } = running;
  if (ca === undefined) return [];
  const pairs = Object.keys(mode.certificates ?? {}).map((name) =>
    certificate(name, useOf(running, name), running.pair(name).chain, ca),
  );
  return [certificate("ca", "ca", ca, ca), ...pairs].sort(
    (a, b) => ORDER.indexOf(a.use) - ORDER.indexOf(b.use),
  );
}

function useOf({ mode, serverNames }: RunningMode, name: string): CertificateDetail["use"] {
  const params = serverNames.flatMap((server) => Object.values(mode.servers[server]?.params ?? {}));
  if (params.includes(`@${name}.cert`)) return "server";
  return Object.values(mode.clients).some(({ present }) => present === name) ? "client" : "check";
}

function certificate(
  name: string,
  use: CertificateDetail["use"],
  chain: string,
  ca: string,
): CertificateDetail {
  const [leaf = ""] = pemCertificates(chain);
  const { subject, issuer, names, extendedKeyUsage, key, notBefore, notAfter, sha256 } =
    describeCertificate(leaf);
  return {
    name,
    use,
    subject,
    issuer,
    signed: isSignedBy(leaf, ca),
    names,
    extendedKeyUsage,
    key,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    sha256,
  };
}
