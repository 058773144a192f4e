/** Finds what a running sandbox hands out, for the commands that pass it on. */
import { join } from "node:path";
import { SandboxError } from "../errors.ts";
import { findHandedOut, type HandedOut } from "../handed-out.ts";
import type { Mode } from "../model.ts";
import { nearest } from "../nearest.ts";
import { selectInOrder, selectMode } from "../select.ts";
import { stateHome } from "../state/home.ts";
import { livingOwner } from "../state/lock.ts";
import { checkName } from "../state/state.ts";
import type { GlobalOptions } from "./output.ts";

export interface HandOutOptions extends GlobalOptions {
  /** Of the sandbox. */
  readonly name: string;
  /** Every mode there is. */
  readonly modes: readonly Mode[];
  /** Client of the mode; `app` when absent. */
  readonly as?: string;
}

/**
 * The folder of a sandbox that is up.
 * @throws SandboxError `invalid-name`; `not-up` when nobody owns it, with the command that starts `modes`
 */
export function folderOfRunning(name: string, modes: readonly string[]): string {
  checkName(name);
  const home = stateHome(process.env, process.cwd());
  if (livingOwner(home, name) !== undefined) return join(home, name);
  const words = ["nats-sandbox up", ...modes, "--detach", ...(name === "default" ? [] : ["--name", name])];
  throw new SandboxError("not-up", `the sandbox ${name} is not up`, {
    detail: `looked in ${home}`,
    fix: words.join(" "),
  });
}

/** What the client `as` of each mode got, in the order of the names; a group means each of its modes. */
export function reach(names: readonly string[], options: HandOutOptions): readonly HandedOut[] {
  return reachModes(selectInOrder(names, options.modes), options);
}

/** The same for a command that takes one mode. */
export function reachOne(mode: string, options: HandOutOptions): HandedOut {
  const [found] = reachModes([selectMode(mode, options.modes)], options);
  if (found === undefined) throw new SandboxError("bug", "no mode was asked for");
  return found;
}

function reachModes(modes: readonly Mode[], { name, as }: HandOutOptions): readonly HandedOut[] {
  const wanted = modes.map((mode) => mode.name);
  const dir = folderOfRunning(name, wanted);
  return wanted.map((mode) => findHandedOut(dir, name, mode, as));
}

/**
 * One of the words that an option takes.
 * @throws SandboxError `usage`, with the nearest one there is
 */
export function oneOf<Word extends string>(what: string, given: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  const near = nearest(given, words);
  throw new SandboxError("usage", `there is no ${what} ${JSON.stringify(given)}`, {
    ...(near === undefined ? {} : { detail: `did you mean ${near}?` }),
    fix: `give one of: ${words.join(", ")}`,
  });
}
