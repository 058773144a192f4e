/** One thing that was looked at, and what is to be done where it is not well. */

export type ItemState = "ok" | "warning" | "problem";

export interface Item {
  /** Stable, unique in one examination. */
  readonly id: string;
  /** A problem must be mended before `up` works. */
  readonly state: ItemState;
  /** One sentence. */
  readonly text: string;
  /** What mends it: a command, where there is one. */
  readonly fix?: string;
}

export function ok(id: string, text: string): Item {
  return { id, state: "ok", text };
}

export function warning(id: string, text: string, fix: string): Item {
  return { id, state: "warning", text, fix };
}

export function problem(id: string, text: string, fix: string): Item {
  return { id, state: "problem", text, fix };
}
