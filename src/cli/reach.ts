/** Finds what a running sandbox hands out, for the commands that pass it on. */
import { commandLine } from "../env/shell.ts";
import { SandboxError } from "../errors.ts";
import { findHandedOut, type HandedOut } from "../handed-out.ts";
import type { Mode } from "../model.ts";
import { nearest } from "../nearest.ts";
import { selectInOrder, selectMode } from "../select.ts";
import { stateHome } from "../state/home.ts";
import { livingOwner } from "../state/lock.ts";
import { placeOf, type SandboxPlace } from "../state/state.ts";
import type { GlobalOptions } from "./output.ts";
import type { ConfiguredOptions } from "./settings.ts";

/** Which sandbox is meant. */
export interface SandboxChoice extends ConfiguredOptions {
  readonly name: string;
}

export interface HandOutOptions extends GlobalOptions, SandboxChoice {
  /** Every mode there is. */
  readonly modes: readonly Mode[];
  /** Client of the mode; `app` when absent. */
  readonly as?: string;
}

/**
 * The words by which another command means the same sandbox: those that were given. Without them it reads the same file
 * and comes to the same name.
 */
export function sameSandbox({ name, config, given }: SandboxChoice): readonly string[] {
  return [
    ...(config === undefined ? [] : ["--config", config]),
    ...(given.includes("name") ? ["--name", name] : []),
  ];
}

/** A command that this one tells of, for the same sandbox. */
export function commandFor(options: SandboxChoice, ...words: readonly string[]): string {
  return commandLine(["nats-sandbox", ...words, ...sameSandbox(options)]);
}

/**
 * The place of a sandbox that is up.
 * @throws SandboxError `invalid-name`; `not-up` when nobody owns it, with the command that starts `modes`
 */
export function placeOfRunning(options: SandboxChoice, modes: readonly string[] = []): SandboxPlace {
  const place = placeOf(stateHome(process.env, process.cwd()), options.name);
  if (livingOwner(place.home, place.name) !== undefined) return place;
  throw new SandboxError("not-up", `the sandbox ${place.name} is not up`, {
    detail: `looked in ${place.home}`,
    fix: commandFor(options, "up", ...modes, "--detach"),
  });
}

/** What the client `as` of each mode got, in the order of the names; a group means each of its modes. */
export function reach(names: readonly string[], options: HandOutOptions): readonly HandedOut[] {
  return reachModes(selectInOrder(names, options.modes), options);
}

/** What the client `as` of one mode got. */
export function handedOutBy(
  { dir }: SandboxPlace,
  options: SandboxChoice & { readonly as?: string },
  mode: string,
): HandedOut {
  return findHandedOut(dir, { name: options.name, words: sameSandbox(options) }, mode, options.as);
}

/** The same for a command that takes one mode. */
export function reachOne(mode: string, options: HandOutOptions): HandedOut {
  const [found] = reachModes([selectMode(mode, options.modes)], options);
  if (found === undefined) throw new SandboxError("bug", "no mode was asked for");
  return found;
}

function reachModes(modes: readonly Mode[], options: HandOutOptions): readonly HandedOut[] {
  const names = modes.map((mode) => mode.name);
  const place = placeOfRunning(options, names);
  return names.map((name) => handedOutBy(place, options, name));
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
