/** `doctor` in a room: what it finds to be not well there. */
import { expect } from "vitest";
import type { Item } from "../doctor/item.ts";
import type { Room, RunOptions } from "./cli-room.ts";

export interface Found {
  readonly status: number;
  /** What is not ok, by id. */
  readonly bad: Readonly<Record<string, Omit<Item, "id">>>;
  readonly items: readonly Item[];
}

export async function examine(room: Room, options: RunOptions = {}): Promise<Found> {
  const before = room.files();
  const { status, stdout, stderr } = await room.run(["doctor", "--json"], options);
  expect(stderr).toBe("");
  const { schema, ok, items } = JSON.parse(stdout) as { schema: number; ok: boolean; items: readonly Item[] };
  expect({ schema, ok }).toEqual({ schema: 1, ok: status === 0 });
  expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  expect(room.files()).toEqual(before); // it changes nothing
  const bad = items.filter(({ state }) => state !== "ok").map(({ id, ...item }) => [id, item]);
  return { status, items, bad: Object.fromEntries(bad) };
}

/** Exactly one thing is wrong. */
export function expectOne(
  { status, bad }: Found,
  id: string,
  state: Item["state"],
  says: RegExp,
  fix: RegExp,
): void {
  expect(bad).toEqual({
    [id]: { state, text: expect.stringMatching(says), fix: expect.stringMatching(fix) },
  });
  expect(status).toBe(state === "problem" ? 3 : 0);
}

export const DAYS = 24 * 3600 * 1000;

/** Moves the clock of the program, and of nothing else. */
export function clockOff(days: number): RunOptions {
  const source = `
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...given) { given.length === 0 ? super(Real.now() + ${days * DAYS}) : super(...given); }
      static now() { return Real.now() + ${days * DAYS}; }
    };`;
  return { node: ["--import", `data:text/javascript,${encodeURIComponent(source)}`] };
}
