/** What a Docker engine answers when something does not work, as errors for people. */
import { asSandboxError, codeOf, messageOf, SandboxError } from "../../errors.ts";

/** The HTTP status of an answer; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { readonly statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" ? status : undefined;
}

/** The engine's own words, without what the client library puts around them. */
export function wordsOf(error: unknown): string {
  const said = (error as { readonly json?: { readonly message?: unknown } | null } | null)?.json?.message;
  if (typeof said === "string") return said.trim();
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) .*? - /, "")
    .trim();
}

const GONE = new Set(["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH"]);

/** Of a file on this machine: the engine has no part in it. */
function isOurs(error: unknown): boolean {
  if (statusOf(error) !== undefined || codeOf(error) === undefined) return false;
  const { syscall, path } = error as { readonly syscall?: unknown; readonly path?: unknown };
  // A socket that is a file has a path, too, but it is connected to, and nothing else.
  return syscall !== "connect" && (path !== undefined || asSandboxError(error).code === "state-unusable");
}

/** A failure that has to do with the engine as a whole, or with this machine; undefined for any other. */
export function engineFailure(error: unknown): SandboxError | undefined {
  if (isOurs(error)) return asSandboxError(error);
  const detail = wordsOf(error);
  if (statusOf(error) === undefined && GONE.has(codeOf(error) ?? ""))
    return new SandboxError("engine-unavailable", "the Docker engine does not answer any more", {
      detail,
      fix: "see whether it runs (docker info), and start again",
      cause: error,
    });
  if (/no space left on device|disk quota exceeded/i.test(detail))
    return new SandboxError("engine-unavailable", "the disk of the Docker engine is full", {
      detail,
      fix: "see what takes the room (docker system df), and free some (docker system prune)",
      cause: error,
    });
  return undefined;
}

/** Anything that an engine refused, as an error; `what` did not work: "the server of tls/server did not start". */
export function asEngineError(error: unknown, what: string): SandboxError {
  if (error instanceof SandboxError) return error;
  return (
    engineFailure(error) ??
    new SandboxError("start-failed", what, {
      detail: `the Docker engine said: ${wordsOf(error)}`,
      fix: "run `nats-sandbox doctor`, which looks at the engine too",
      cause: error,
    })
  );
}
