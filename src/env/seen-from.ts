/** What a client got, as it looks from another place: another address, and the files where they are mounted there. */
import { basename, posix } from "node:path";
import type { Viewpoint } from "../engines/engine.ts";
import type { ClientFiles } from "../env.ts";
import { SandboxError } from "../errors.ts";
import type { Connection } from "../model.ts";

/** A `HandedOut`, as far as it matters here. */
interface Seen {
  readonly mode: string;
  readonly connection: Connection;
  readonly files: ClientFiles;
  readonly elsewhere: Readonly<Partial<Record<Viewpoint, { readonly host: string; readonly port: number }>>>;
}

/** Options of `up` after which it can be reached from there. */
const REACHED_WITH: Readonly<Record<Exclude<Viewpoint, "host">, string>> = {
  container: "--containers (from any container, as host.docker.internal) or with --network",
  network: "--network NAME",
};

/**
 * `filesAt` is the folder there in which the client's files are. A context of the nats CLI names files and an address of
 * this machine, so elsewhere there is none.
 * @throws SandboxError `usage` when the server cannot be reached from there
 */
export function seenFrom<One extends Seen>(one: One, from: Viewpoint, filesAt?: string): One {
  if (from === "host" && filesAt === undefined) return one;
  const { context: _, ...pems } = one.files;
  const files = filesAt === undefined ? pems : mounted(pems, filesAt);
  if (from === "host") return { ...one, files };
  const address = one.elsewhere[from];
  if (address === undefined)
    throw new SandboxError("usage", `${one.mode} cannot be reached from a ${from}`, {
      detail: "it is published to programs on this machine alone",
      fix: `nats-sandbox up ${one.mode} --engine docker with ${REACHED_WITH[from]}`,
    });
  return { ...one, files, connection: { ...one.connection, url: at(one.connection.url, address) } };
}

function mounted(files: ClientFiles, dir: string): ClientFiles {
  return Object.fromEntries(
    Object.entries(files).map(([name, path]) => [name, posix.join(dir, basename(path))]),
  );
}

/** What stands before the address, a login too, stays. */
function at(url: string, { host, port }: { readonly host: string; readonly port: number }): string {
  return url.replace(
    /^([a-z]+:\/\/(?:[^@/?#]*@)?).*$/i,
    `$1${host.includes(":") ? `[${host}]` : host}:${port}`,
  );
}
