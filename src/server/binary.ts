/** A nats-server binary on this machine, and how it is asked for its version. */

import { SandboxError } from "../errors.ts";
import { compareVersions } from "./capabilities.ts";
import { run } from "./programs.ts";
import { oneLine, reasonOf } from "./reason.ts";

export interface ServerBinary {
  /** Absolute. */
  readonly path: string;
  /** Without `v`: `2.15.1`. */
  readonly version: string;
  /** For people: `PATH`, `--server`, `NATS_SANDBOX_SERVER`, or the cache and where it was fetched from. */
  readonly source: string;
}

/** Before this one nothing was ever tried. */
const OLDEST_VERSION = "1.4.0";

/** Milliseconds for `--version`, which takes five. */
const DEADLINE = 5_000;

/** `nats-server version 1.4.1` (gnatsd 1.x) and `nats-server: v2.9.10` (since 2.0). */
const BANNER = /^nats-server(?: version |: v)(\d+\.\d+\.\d+(?:-[\w.-]+)?)\s*$/m;

/** Name of the file in archives and in the cache. */
export const SERVER_FILE = process.platform === "win32" ? "nats-server.exe" : "nats-server";

/**
 * The version that `PATH --version` prints. Throws SandboxError `server-broken` for anything that does not run, does
 * not end, or is no nats-server that this project knows; when aborted, the signal's reason.
 */
export async function detectVersion(
  path: string,
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly signal?: AbortSignal | undefined;
    readonly deadline?: number;
  },
): Promise<string> {
  const deadline = options.deadline ?? DEADLINE;
  const { signal } = options;
  const finished = await run(path, ["--version"], { env: bareEnv(options.env), deadline, signal }).catch(
    (error: unknown) => {
      signal?.throwIfAborted();
      throw broken(path, `running it with --version failed: ${reasonOf(error)}`);
    },
  );
  const version = versionFromBanner(finished.stdout);
  if (version === undefined) {
    const said = oneLine(finished.stdout) || oneLine(finished.stderr);
    throw broken(path, `with --version it printed ${said === "" ? "nothing" : `"${said}"`}`);
  }
  if (compareVersions(version, OLDEST_VERSION) < 0) {
    throw broken(path, `it is version ${version}, and the oldest that works is ${OLDEST_VERSION}`);
  }
  return version;
}

/** The version in what a nats-server prints for `--version`; undefined for any other text. */
export function versionFromBanner(text: string): string | undefined {
  return BANNER.exec(text)?.[1];
}

/** Enough for a wrapper script to find its interpreter; a stranger's program is told nothing else. */
function bareEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH: env.PATH, HOME: env.HOME };
}

function broken(path: string, detail: string): SandboxError {
  return new SandboxError("server-broken", `${path} is not a nats-server that can be used`, {
    detail: `${path}: ${detail}`,
    fix: "give the path of a nats-server binary for this machine, or a version to fetch, with --server or NATS_SANDBOX_SERVER",
  });
}
