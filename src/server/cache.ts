/** The servers fetched before: `servers/<version>/` under the cache directory, each whole or not there at all. */

import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { messageOf, SandboxError } from "../errors.ts";
import { detectVersion, SERVER_FILE, type ServerBinary } from "./binary.ts";
import { compareVersions } from "./capabilities.ts";
import { reasonOf } from "./reason.ts";

/** `2.15.1` or `2.12.0-RC.1`: also what makes a version safe as a part of a path or of a URL. */
export const VERSION = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z]+(?:\.[0-9A-Za-z]+)*)?$/;

const TEMPORARY = ".fetch-";
const SUBSTITUTE = ".instead-of-";

interface CacheReader {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (line: string) => void;
}

/** `NATS_SANDBOX_CACHE`, or `nats-sandbox` under the XDG cache directory; a relative XDG_CACHE_HOME does not count. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  if (env.NATS_SANDBOX_CACHE) return resolve(env.NATS_SANDBOX_CACHE);
  const base = env.XDG_CACHE_HOME ?? "";
  return join(isAbsolute(base) ? base : join(env.HOME || homedir(), ".cache"), "nats-sandbox");
}

function serversDirectory(env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), "servers");
}

/** The server of that version, if it is there and runs; one that does not is told and counts as absent. */
export async function cachedServer(version: string, reader: CacheReader): Promise<ServerBinary | undefined> {
  const directory = join(serversDirectory(reader.env), version);
  const path = join(directory, SERVER_FILE);
  if (!(await stat(path).catch(() => undefined))?.isFile()) return undefined;
  try {
    const actual = await detectVersion(path, reader);
    if (actual !== version) throw new Error(`${path} is version ${actual}`);
  } catch (error) {
    reader.signal?.throwIfAborted();
    reader.onProgress(`the cached nats-server ${version} is left aside: ${reasonOf(error)}`);
    return undefined;
  }
  return { path, version, source: `cache (${await readOrigin(directory)})` };
}

/** Every server that is there and runs, newest first. */
export async function cachedServers(reader: CacheReader): Promise<readonly ServerBinary[]> {
  const names = await readdir(serversDirectory(reader.env)).catch(() => []);
  const versions = names.filter((name) => VERSION.test(name)).sort((a, b) => compareVersions(b, a));
  const servers = await Promise.all(versions.map((version) => cachedServer(version, reader)));
  return servers.filter((server) => server !== undefined);
}

/** The server that a fetch gave in place of this version, when only another one was to be had. */
export async function cachedSubstitute(
  version: string,
  reader: CacheReader,
): Promise<ServerBinary | undefined> {
  const file = join(serversDirectory(reader.env), SUBSTITUTE + version);
  const other = (await readFile(file, "utf8").catch(() => "")).trim();
  return VERSION.test(other) ? cachedServer(other, reader) : undefined;
}

/** Makes the cache directory, readable by its owner alone; its `servers`. Throws SandboxError `state-unusable`. */
export async function openCache(env: NodeJS.ProcessEnv): Promise<string> {
  const directory = serversDirectory(env);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return directory;
  } catch (error) {
    throw unusable(env, error);
  }
}

/** What a write into the cache that failed means to its user. */
export function unusable(env: NodeJS.ProcessEnv, error: unknown): SandboxError {
  return new SandboxError("state-unusable", `the cache ${cacheDirectory(env)} cannot be written`, {
    detail: messageOf(error),
    fix: "make it writable, or name another directory in NATS_SANDBOX_CACHE",
    cause: error,
  });
}

/** An empty directory in the cache, so that what is made in it can be renamed into its place. */
export function makeTemporary(servers: string, version: string): Promise<string> {
  return mkdtemp(join(servers, temporaryPrefix(version)));
}

/** No version has a `_`, so the prefix of one is not that of another, such as of its pre-release. */
function temporaryPrefix(version: string): string {
  return `${TEMPORARY}${version}_`;
}

/**
 * Removes what killed fetches left behind. The caller holds the lock of this version, so its leftovers are nobody's;
 * those of others are once they are older than any fetch lasts (ms).
 */
export async function sweep(servers: string, version: string, longest: number): Promise<void> {
  for (const name of await readdir(servers)) {
    if (!name.startsWith(TEMPORARY)) continue;
    const path = join(servers, name);
    const made = await stat(path).catch(() => undefined);
    const old = made !== undefined && Date.now() - made.mtimeMs > longest;
    if (old || name.startsWith(temporaryPrefix(version))) await rm(path, { recursive: true, force: true });
  }
}

/** Moves a binary that was tried into the cache, in one step. `temporary` is of `makeTemporary`, the binary below it. */
export async function keep(
  servers: string,
  temporary: string,
  binary: { readonly file: string; readonly version: string; readonly origin: string },
  reader: CacheReader,
): Promise<ServerBinary> {
  const staged = join(temporary, "keep");
  await mkdir(staged, { recursive: true, mode: 0o700 });
  await rename(binary.file, join(staged, SERVER_FILE));
  await flush(join(staged, SERVER_FILE));
  await writeFile(join(staged, "source.json"), `${JSON.stringify({ origin: binary.origin })}\n`);

  const directory = join(servers, binary.version);
  try {
    await rename(staged, directory);
  } catch {
    const other = await cachedServer(binary.version, reader);
    if (other !== undefined) return other;
    await rm(directory, { recursive: true, force: true });
    await rename(staged, directory);
  }
  return { path: join(directory, SERVER_FILE), version: binary.version, source: binary.origin };
}

/** Notes that a fetch of `wanted` gave `version`, which serves again until `wanted` itself can be had. */
export async function keepSubstitute(servers: string, wanted: string, version: string): Promise<void> {
  await writeFile(join(servers, SUBSTITUTE + wanted), `${version}\n`, { mode: 0o600 });
}

/** Down to the disk before it gets its name, or a power cut could leave an empty file under it. */
async function flush(path: string): Promise<void> {
  await chmod(path, 0o700);
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readOrigin(directory: string): Promise<string> {
  try {
    const { origin } = JSON.parse(await readFile(join(directory, "source.json"), "utf8")) as {
      origin?: unknown;
    };
    return typeof origin === "string" ? origin : "of unknown origin";
  } catch {
    return "of unknown origin";
  }
}
