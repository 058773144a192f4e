/** `nats-sandbox certs export`: a client's certificates as PEM files or as stores for Java, in a folder of the user's. */
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { EXIT, messageOf, SandboxError } from "../errors.ts";
import type { HandedOut } from "../handed-out.ts";
import { makePrivateDir, replacePrivate } from "../state/private-files.ts";
import { caOf, type Files, javaStores } from "./java-stores.ts";
import { complain, result, resultJson, tell } from "./output.ts";
import { type HandOutOptions, oneOf, reachOne } from "./reach.ts";

export interface CertsExportOptions extends HandOutOptions {
  readonly format: string;
  readonly out: string;
  /** Other users may read it all, the key too: for a container that runs as another one. */
  readonly readable?: boolean;
  readonly force?: boolean;
}

export const FORMATS = ["pem", "pkcs12"] as const;

export async function certsExport(name: string, options: CertsExportOptions): Promise<number> {
  const format = oneOf("format", options.format, FORMATS);
  const found = reachOne(name, options);
  const dir = resolve(options.out);
  const stores = format === "pkcs12" ? javaStores(found, dir) : undefined;
  const files = stores?.files ?? pemFiles(found);
  write(dir, files, options);
  const { mode, client } = found;
  const paths = Object.keys(files).map((file) => join(dir, file));
  if (options.json === true)
    resultJson({ schema: 1, mode, client, format, dir, files: paths, javaOptions: stores?.options });
  else result((stores?.options ?? paths).join("\n"));
  if (stores !== undefined)
    tell(`wrote ${paths.join(", ")}\nwith these options: java @${join(dir, "java-options")} …`, options);
  if (options.readable === true) complain("every user of this machine can read them, the key too");
  complain("Test keys only: never use them for anything real.");
  return EXIT.ok;
}

function pemFiles(found: HandedOut): Files {
  const present = found.connection.tls?.present;
  return {
    "ca.pem": caOf(found),
    ...(present === undefined ? {} : { "cert.pem": present.chain, "key.pem": present.key }),
  };
}

/** Nothing is written unless everything can be: a folder with half of another client's files misleads. */
function write(dir: string, files: Files, { readable = false, force = false }: CertsExportOptions): void {
  try {
    const taken = force
      ? []
      : Object.keys(files).filter((file) => differs(join(dir, file), files[file] ?? ""));
    if (taken.length > 0)
      throw new SandboxError("output-unusable", `there is something else in ${dir} already`, {
        detail: `it would be overwritten: ${taken.join(", ")}`,
        fix: "choose another --out, or overwrite it with --force",
      });
    const missing = missingFolders(dir);
    makePrivateDir(dir);
    for (const [file, content] of Object.entries(files)) {
      replacePrivate(join(dir, file), content);
      if (readable) chmodSync(join(dir, file), 0o644);
    }
    if (readable) for (const folder of missing) chmodSync(folder, 0o755);
  } catch (error) {
    if (error instanceof SandboxError) throw error;
    throw new SandboxError("output-unusable", `cannot write to ${dir}`, {
      detail: messageOf(error),
      fix: "give a folder that you may write with --out; one that is missing is made",
    });
  }
  if (readable && (statSync(dir).mode & 0o5) !== 0o5)
    complain(`${dir} was there, and its mode stays as it is: others cannot look into it`);
}

function differs(path: string, content: string | Buffer): boolean {
  return existsSync(path) && !readFileSync(path).equals(Buffer.from(content));
}

function missingFolders(dir: string): readonly string[] {
  return existsSync(dir) ? [] : [dir, ...missingFolders(dirname(dir))];
}
