/** `nats-sandbox certs list` and `certs inspect`: the certificates of a running sandbox, and what each says. */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { EXIT, SandboxError } from "../errors.ts";
import { type HandedOut, listHandedOut } from "../handed-out.ts";
import type { Mode } from "../model.ts";
import { describeCertificate, isSignedBy, pemCertificates } from "../pki/describe.ts";
import { type CertificateText, certificateList, certificateText } from "../report/certificates.ts";
import { selectMode } from "../select.ts";
import { listDir } from "../state/private-files.ts";
import { type GlobalOptions, result, resultJson, styleFor, tell, widthOf } from "./output.ts";
import { type HandOutOptions, handedOutBy, placeOfRunning, reachOne, type SandboxChoice } from "./reach.ts";

export type CertsListOptions = Pick<HandOutOptions, "modes" | keyof GlobalOptions | keyof SandboxChoice>;

export interface CertsInspectOptions extends HandOutOptions {
  /** The servers' certificates in place of the client's. */
  readonly server?: boolean;
}

export async function certsList(names: readonly string[], options: CertsListOptions): Promise<number> {
  const asked = [...new Set(names.map((one) => selectMode(one, options.modes).name))];
  const place = placeOfRunning(options, asked);
  const { dir } = place;
  for (const mode of asked) handedOutBy(place, options, mode); // says so when it is not up
  const modes = asked.length > 0 ? asked : [...new Set(listHandedOut(dir).map(({ mode }) => mode))];
  const found = modes.map((mode) => ({ mode, certificates: certificatesOf(dir, mode, options) }));
  for (const { mode, certificates } of found)
    if (asked.includes(mode) && certificates.length === 0) throw withoutCertificates(mode);
  const some = found.filter(({ certificates }) => certificates.length > 0);
  if (options.json === true) resultJson({ schema: 1, modes: some });
  else if (some.length === 0) tell("none: no mode that is up has certificates", options);
  else {
    const style = styleFor(process.stdout, options);
    const blocks = some.map(({ mode, certificates }) =>
      certificateList(mode, certificates.map(shown), style, widthOf(process.stdout)).join("\n"),
    );
    result(blocks.join("\n\n"));
  }
  return EXIT.ok;
}

export async function certsInspect(name: string, options: CertsInspectOptions): Promise<number> {
  if (options.server === true && options.as !== undefined)
    throw new SandboxError("usage", "--as and --server do not go together", {
      fix: "leave one of them out",
    });
  const { mode, client } = reachOne(name, options);
  const all = certificatesOf(placeOfRunning(options, [mode]).dir, mode, options);
  if (all.length === 0) throw withoutCertificates(mode);
  const isAsked = ({ whose }: CertificateText) =>
    options.server === true ? whose.startsWith("server ") : whose === `client ${client}`;
  const certificates = [...all.filter(isAsked), ...all.filter(({ ca }) => ca)];
  if (!all.some(isAsked)) tell(`${client} of ${mode} shows no certificate; it trusts this CA:`, options);
  if (options.json === true) resultJson({ schema: 1, mode, certificates });
  else {
    const style = styleFor(process.stdout, options);
    const blocks = certificates.map((one) =>
      certificateText(shown(one), style, widthOf(process.stdout)).join("\n"),
    );
    result(blocks.join("\n\n"));
  }
  return EXIT.ok;
}

export function withoutCertificates(mode: string): SandboxError {
  return new SandboxError("usage", `${mode} has no certificates`, {
    detail: "it is a mode without TLS",
    fix: "nats-sandbox certs list shows the modes that have",
  });
}

/** The CA, the servers' and the clients' certificates of a mode that is up. */
function certificatesOf(
  dir: string,
  mode: string,
  { modes }: Pick<HandOutOptions, "modes">,
): readonly CertificateText[] {
  const clients = listHandedOut(dir).filter((one) => one.mode === mode);
  const ca = clients.find(({ files }) => files.ca !== undefined)?.files.ca;
  if (ca === undefined) return [];
  const read = (whose: string, path: string) => facts(whose, path, readFileSync(ca, "utf8"));
  return [
    read("ca", ca),
    ...serverFiles(dir, mode, modes).map(({ server, path }) => read(`server ${server}`, path)),
    ...clients.flatMap(({ client, files }: HandedOut) =>
      files.cert === undefined ? [] : [read(`client ${client}`, files.cert)],
    ),
  ];
}

/** A server's folder holds its certificate beside its config; one that is there for checks only is nobody's business. */
function serverFiles(
  dir: string,
  mode: string,
  modes: readonly Mode[],
): readonly { readonly server: string; readonly path: string }[] {
  const recipes = modes.find((one) => one.name === mode)?.servers ?? {};
  const servers = listDir(join(dir, mode)).filter(
    (server) => existsSync(join(dir, mode, server, "server.conf")) && recipes[server]?.during === undefined,
  );
  return servers.flatMap((server) =>
    listDir(join(dir, mode, server))
      .filter((file) => file.endsWith(".pem") && file !== "ca.pem" && !file.endsWith("-key.pem"))
      .map((file) => ({ server, path: join(dir, mode, server, file) })),
  );
}

function facts(whose: string, path: string, ca: string): CertificateText {
  const [leaf = ""] = pemCertificates(readFileSync(path, "utf8"));
  return { whose, path, ...describeCertificate(leaf), signed: isSignedBy(leaf, ca) };
}

/** Paths as a person would type them. */
function shown(one: CertificateText): CertificateText {
  const short = relative(process.cwd(), one.path);
  return { ...one, path: short.length < one.path.length ? short : one.path };
}
