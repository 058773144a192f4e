/** SandboxError: every failure a user can see says what happened, why, and what to do next. */

/** Exit statuses of the command line, after `docs/command-line.md`. */
export const EXIT = { ok: 0, failed: 1, usage: 2, environment: 3, bug: 70 } as const;

/**
 * Every code has exactly one exit status: 1 a check failed, 2 the user's input is wrong, 3 the environment lacks
 * something, 70 a bug of ours.
 */
export const ERROR_STATUS = {
  usage: EXIT.usage,
  "unknown-mode": EXIT.usage,
  "invalid-name": EXIT.usage,
  "invalid-host": EXIT.usage,
  "invalid-secret": EXIT.usage,
  "invalid-server": EXIT.usage,
  "invalid-config": EXIT.usage,
  "unknown-client": EXIT.usage,
  "not-up": EXIT.environment,
  "port-in-use": EXIT.environment,
  "name-in-use": EXIT.environment,
  "state-unusable": EXIT.environment,
  "output-unusable": EXIT.environment,
  "server-not-found": EXIT.environment,
  "server-broken": EXIT.environment,
  "start-failed": EXIT.environment,
  "reload-failed": EXIT.environment,
  "server-lost": EXIT.environment,
  "engine-unavailable": EXIT.environment,
  "toolchain-unusable": EXIT.environment,
  "image-unavailable": EXIT.environment,
  aborted: EXIT.environment,
  bug: EXIT.bug,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

export class SandboxError extends Error {
  override readonly name = "SandboxError";
  readonly code: ErrorCode;
  /** Why it happened, when the message alone does not say. May span lines. */
  readonly detail: string | undefined;
  /** What to do next. */
  readonly fix: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: { readonly detail?: string; readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.detail = more.detail;
    this.fix = more.fix;
  }

  /** The exit status of a command that ends with this error. */
  get status(): number {
    return ERROR_STATUS[this.code];
  }
}

/** What the system says when it has no more of something, wherever that happens. */
const EXHAUSTED: Readonly<Record<string, readonly [message: string, fix: string]>> = {
  ENOSPC: ["the disk is full", "free some space, or set NATS_SANDBOX_HOME to a directory on another disk"],
  EDQUOT: ["the disk quota is used up", "free some space, or set NATS_SANDBOX_HOME to a directory elsewhere"],
  EROFS: ["the file system is read-only", "set NATS_SANDBOX_HOME to a directory that can be written"],
  EMFILE: ["this process may not open more files", "raise the limit (ulimit -n), or start fewer modes"],
  ENFILE: ["the system cannot open more files", "end some programs, or start fewer modes"],
};

/** Anything thrown as an error for people; what we did not see coming is a bug. */
export function asSandboxError(error: unknown): SandboxError {
  if (error instanceof SandboxError) return error;
  const detail = messageOf(error);
  const [message, fix] = EXHAUSTED[codeOf(error) ?? ""] ?? [];
  return message === undefined || fix === undefined
    ? new SandboxError("bug", `this is a bug of nats-sandbox: ${detail}`, { cause: error })
    : new SandboxError("state-unusable", message, { detail, fix, cause: error });
}

/** The text of anything thrown, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node system, TLS or OpenSSL error, such as ENOENT or CERT_HAS_EXPIRED. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : undefined;
}
