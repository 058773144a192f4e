/** What a TLS server shows to a client that gets in: its certificates, its version and cipher, and nothing before TLS. */
import { X509Certificate } from "node:crypto";
import { describeTrace } from "../classify.ts";
import { dial } from "../dial/dial.ts";
import type { Check, ClientSpec, Step } from "../model.ts";
import { hostNames } from "../pki/hosts.ts";
import type { RunningMode } from "../running/running.ts";
import { type CheckContext, dialRequest, type Inspection, STORY_TIMEOUT } from "./context.ts";

/** Reads the certificates off the wire (TLS 1.2 sends them in clear) and compares them with those that were issued. */
export async function inspectChain(
  context: CheckContext,
  check: Check,
  step: Extract<Step, { op: "chain" }>,
): Promise<Inspection> {
  const { running } = context;
  const { trace, record, story } = await connect(context, check, { maxVersion: "TLSv1.2" });
  const issued = pemBlocks(running.pair(step.certificate).chain).map((pem) => new X509Certificate(pem));
  const served = (record?.served ?? []).map((der) => new X509Certificate(der));
  const same =
    served.length === issued.length &&
    served.every((one, i) => one.raw.equals(issued[i]?.raw ?? Buffer.alloc(0)));
  const [leaf] = served;
  return {
    holds: trace.pong && same && leaf !== undefined && isServerLeaf(leaf, running),
    client: leaf === undefined ? "no certificate was served" : `served ${served.length}: ${describe(leaf)}`,
    server: story,
  };
}

/** Judged by the certificate alone, so that a fault of our own PKI is found too. */
function isServerLeaf(leaf: X509Certificate, running: RunningMode): boolean {
  const now = Date.now();
  const names = hostNames(subjectNames(leaf).map((name) => name.replace(/^(DNS|IP Address):/, "")));
  const expected = hostNames(["localhost", "127.0.0.1", "::1", ...running.hosts]);
  const ca = new X509Certificate(running.ca ?? "");
  return (
    expected.every((name) => names.includes(name)) &&
    subjectNames(leaf).length === expected.length &&
    leaf.keyUsage?.length === 1 &&
    leaf.keyUsage[0] === "1.3.6.1.5.5.7.3.1" && // serverAuth
    Date.parse(leaf.validFrom) <= now &&
    now < Date.parse(leaf.validTo) &&
    !leaf.ca &&
    leaf.checkIssued(ca) &&
    leaf.verify(ca.publicKey)
  );
}

function subjectNames(certificate: X509Certificate): readonly string[] {
  return (certificate.subjectAltName ?? "").split(", ").filter((name) => name !== "");
}

function describe(leaf: X509Certificate): string {
  const kind = leaf.publicKey.asymmetricKeyDetails?.namedCurve ?? leaf.publicKey.asymmetricKeyType;
  return `${subjectNames(leaf).join(", ")}; ${kind}; until ${leaf.validTo}`;
}

function pemBlocks(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** Suites with forward secrecy and authenticated encryption: all of TLS 1.3, and those of TLS 1.2 named here. */
const MODERN = /^(TLS_|ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM|CHACHA20))/;

export async function inspectCipher(context: CheckContext, check: Check): Promise<Inspection> {
  const { trace, story } = await connect(context, check, {});
  const { version = "", cipher = "" } = trace.tls ?? {};
  return {
    holds: trace.pong && /^TLSv1\.[23]$/.test(version) && MODERN.test(cipher),
    client: trace.tls === undefined ? `no TLS: ${describeTrace(trace)}` : `${version} ${cipher}`,
    server: story.filter((line) => /TLS/.test(line)),
  };
}

export async function inspectPlaintext(context: CheckContext, check: Check): Promise<Inspection> {
  const { trace, record, story } = await connect(context, check, {});
  const sent = record?.plaintext ?? "";
  const said = record?.tls ? `the tap saw ${Buffer.byteLength(sent)} bytes before TLS` : "the tap saw no TLS";
  return { holds: trace.pong && record?.tls === true && sent === "", client: said, server: story };
}

/** Dials as the check does, through the tap, and gets the server's log of that connection. */
async function connect(context: CheckContext, check: Check, but: ClientSpec) {
  const { running } = context;
  const request = await dialRequest(
    context,
    check.driver ?? "wire",
    check.as,
    { ...check.but, ...but },
    { op: "connect" },
  );
  const { trace, tap } = await dial({ ...request, tapped: true });
  const server = await running.server("server");
  const story = trace.clientId === undefined ? [] : await server.story(trace.clientId, STORY_TIMEOUT);
  return { trace, record: tap, story };
}
