/** MODE arguments -> modes: a name, an alias, a group, or `all`. */
import { SandboxError } from "./errors.ts";
import type { Mode } from "./model.ts";
import { MODES } from "./modes/all.gen.ts";
import { nearest } from "./nearest.ts";

/** The named modes, each once, in the order of the registry. No name at all means the group `core`. */
export function selectModes(names: readonly string[], modes: readonly Mode[] = MODES): readonly Mode[] {
  const chosen = new Set((names.length === 0 ? ["core"] : names).flatMap((name) => matching(name, modes)));
  return modes.filter((mode) => chosen.has(mode));
}

/** The same in the order of the names, for where the first one matters: the modes of a group stand in its place. */
export function selectInOrder(names: readonly string[], modes: readonly Mode[] = MODES): readonly Mode[] {
  return [...new Set(names.flatMap((name) => matching(name, modes)))];
}

/** @throws SandboxError `unknown-mode`, with the nearest name there is */
export function selectMode(name: string, modes: readonly Mode[] = MODES): Mode {
  const found = modes.find((mode) => isNamed(mode, name));
  if (found !== undefined) return found;
  const ofGroup = modes.filter((mode) => isInGroup(mode, name));
  throw ofGroup.length === 0 ? unknownMode(name, modes) : notOneMode(name, ofGroup);
}

/** Is any of these modes meant by this name, alias or group? */
export function isSelected(name: string, modes: readonly Mode[]): boolean {
  return modes.some((mode) => isNamed(mode, name) || isInGroup(mode, name));
}

function matching(name: string, modes: readonly Mode[]): readonly Mode[] {
  const found = modes.filter((mode) => isNamed(mode, name) || isInGroup(mode, name));
  if (found.length === 0) throw unknownMode(name, modes);
  return found;
}

function isNamed(mode: Mode, name: string): boolean {
  return mode.name === name || (mode.aliases ?? []).includes(name);
}

function isInGroup(mode: Mode, name: string): boolean {
  return mode.groups.some((group) => group === name) || (name === "all" && !mode.groups.includes("faults"));
}

function notOneMode(name: string, modes: readonly Mode[]): SandboxError {
  return new SandboxError("unknown-mode", `${name} is not one mode but a group`, {
    detail: `it has: ${modes.map((mode) => mode.name).join(", ")}`,
    fix: "give one of these",
  });
}

function unknownMode(name: string, modes: readonly Mode[]): SandboxError {
  const known = modes.flatMap((mode) => [mode.name, ...(mode.aliases ?? [])]);
  const groups = new Set<string>(modes.flatMap((mode) => mode.groups));
  const near = nearest(name, [...known, ...groups, "all"]);
  return new SandboxError("unknown-mode", `there is no mode or group ${JSON.stringify(name)}`, {
    detail:
      near === undefined
        ? `there are: ${known.join(", ")}; groups: ${[...groups].join(", ")}, all`
        : `did you mean ${near}?`,
    fix: "nats-sandbox modes lists them",
  });
}
