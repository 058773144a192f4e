/** What a running sandbox hands out, as files in its folder: each client's certificates, connection and environment. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "./engines/engine.ts";
import { natsContext } from "./env/nats-context.ts";
import { commandLine, shellFile } from "./env/shell.ts";
import { type ClientFiles, environmentOf } from "./env.ts";
import { SandboxError } from "./errors.ts";
import type { Connection } from "./model.ts";
import { listDir, makePrivateDir, replacePrivate } from "./state/private-files.ts";

/** One client of one mode, with everything it needs. */
export interface HandedOut {
  readonly mode: string;
  readonly client: string;
  readonly connection: Connection;
  /** Absolute paths of its PEM files and its nats CLI context. */
  readonly files: ClientFiles;
  /** Shell file with its environment, credentials included. */
  readonly envFile: string;
  /** Where others than programs of this machine find the server, if they do. */
  readonly elsewhere: Server["elsewhere"];
}

const CONNECTION = "connection.json";
const CONTEXT = "context.json";
const PEM_FILES = { ca: "ca.pem", cert: "cert.pem", key: "key.pem" } as const;

function folderOf(dir: string, mode: string, client: string): string {
  return join(dir, mode, "clients", client);
}

/** Writes (or replaces) the files of one client below the sandbox's folder, all private. */
export function writeHandedOut(
  dir: string,
  mode: string,
  client: string,
  connection: Connection,
  elsewhere: Server["elsewhere"] = {},
): HandedOut {
  const folder = folderOf(dir, mode, client);
  makePrivateDir(folder);
  const { ca, present, ...rest } = connection.tls ?? {};
  const pems = { ca, cert: present?.chain, key: present?.key };
  for (const name of ["ca", "cert", "key"] as const) {
    const text = pems[name];
    if (text !== undefined) replacePrivate(join(folder, PEM_FILES[name]), text);
  }
  const plain = { ...connection, ...(connection.tls === undefined ? {} : { tls: rest }) };
  replacePrivate(join(folder, CONNECTION), `${JSON.stringify({ ...plain, elsewhere }, null, 2)}\n`);
  const { files } = readClient(dir, mode, client);
  const description = `nats-sandbox: ${client} of ${mode}`;
  replacePrivate(join(folder, CONTEXT), natsContext(description, connection, files));
  const handedOut = readClient(dir, mode, client);
  replacePrivate(handedOut.envFile, shellFile(environmentOf(connection, handedOut.files)));
  return handedOut;
}

/** The clients that the sandbox in `dir` hands out, mode by mode. */
export function listHandedOut(dir: string): readonly HandedOut[] {
  return listDir(dir).flatMap((mode) =>
    listDir(join(dir, mode, "clients"))
      .filter((client) => existsSync(join(folderOf(dir, mode, client), CONNECTION)))
      .map((client) => readClient(dir, mode, client)),
  );
}

/**
 * What one client of a running mode got. The `words` are those that mean the sandbox on a command line.
 * @throws SandboxError `not-up` when the sandbox does not run that mode, `unknown-client` when the mode has no such client
 */
export function findHandedOut(
  dir: string,
  sandbox: { readonly name: string; readonly words: readonly string[] },
  mode: string,
  client = "app",
): HandedOut {
  const all = listHandedOut(dir);
  const ofMode = all.filter((one) => one.mode === mode);
  const found = ofMode.find((one) => one.client === client);
  if (found !== undefined) return found;
  if (ofMode.length > 0)
    throw new SandboxError("unknown-client", `${mode} has no client ${JSON.stringify(client)}`, {
      detail: `it has: ${ofMode.map((one) => one.client).join(", ")}`,
      fix: "give one of these with --as",
    });
  const modes = [...new Set(all.map((one) => one.mode))];
  throw new SandboxError("not-up", `${mode} is not up in the sandbox ${sandbox.name}`, {
    ...(modes.length === 0 ? {} : { detail: `up there: ${modes.join(", ")}` }),
    fix: commandLine(["nats-sandbox", "up", mode, "--detach", ...sandbox.words]),
  });
}

function readClient(dir: string, mode: string, client: string): HandedOut {
  const folder = folderOf(dir, mode, client);
  const { elsewhere, ...plain } = JSON.parse(readFileSync(join(folder, CONNECTION), "utf8")) as Connection &
    Pick<HandedOut, "elsewhere">;
  const paths = Object.entries({ ...PEM_FILES, context: CONTEXT }).map(
    ([name, file]) => [name, join(folder, file)] as const,
  );
  const files: ClientFiles = Object.fromEntries(paths.filter(([, path]) => existsSync(path)));
  const read = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path, "utf8"));
  const [ca, chain, key] = [read(files.ca), read(files.cert), read(files.key)];
  const tls = {
    ...plain.tls,
    ...(ca === undefined ? {} : { ca }),
    ...(chain === undefined || key === undefined ? {} : { present: { chain, key } }),
  };
  const connection = plain.tls === undefined ? plain : { ...plain, tls };
  return { mode, client, connection, files, envFile: join(dir, mode, `${client}.env`), elsewhere };
}
