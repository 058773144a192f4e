/** Why something failed, in one line fit for people and for logs. */

import { codeOf, messageOf, SandboxError } from "../errors.ts";

const LONGEST = 200;

/** The innermost cause of an error: "fetch failed" says nothing, the ECONNREFUSED below it does. Of ours, the detail. */
export function reasonOf(error: unknown): string {
  if (error instanceof SandboxError && error.detail !== undefined) return oneLine(error.detail);
  if (error instanceof Error && error.cause instanceof Error) return reasonOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return oneLine(messageOf(error) || codeOf(error) || "unknown error");
}

/** The first line with something on it, shortened; credentials inside URLs are left out. */
export function oneLine(text: string): string {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "") ?? "";
  const safe = line.trim().replace(/:\/\/[^/\s@]+@/g, "://");
  return safe.length > LONGEST ? `${safe.slice(0, LONGEST)}…` : safe;
}
