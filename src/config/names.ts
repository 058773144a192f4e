/** The names of modes in a file: own ones that no other has, and those that it starts or gives ports to. */
import type { Mode } from "../model.ts";
import { NO_MODE_NAME } from "../name-rules.ts";
import type { Reporter } from "./reporter.ts";
import type { View } from "./view.ts";

const GROUPS = [
  "core",
  "authentication",
  "authorization",
  "encryption",
  "listeners",
  "topology",
  "storage",
  "faults",
];

/** Own names and aliases against built-in ones, groups and each other. */
export function checkOwnNames(own: View, modes: readonly Mode[], reporter: Reporter): void {
  const taken = new Map<string, string>([
    ["all", "all means every mode"],
    [NO_MODE_NAME, "a folder of every sandbox has that name"],
    ...GROUPS.map((group) => [group, "it is a group of modes"] as const),
    ...modes.flatMap(({ name, aliases = [] }) => [
      [name, "it is a built-in mode"] as const,
      ...aliases.map((alias) => [alias, `it is another name of the built-in mode ${name}`] as const),
    ]),
  ]);
  const names = own.keys();
  const claim = (place: View, name: string, key: boolean, why: string) => {
    const other = taken.get(name);
    if (other !== undefined)
      reporter.tell(place, `cannot be called ${name}: ${other}`, { key, fix: "choose another name" });
    else taken.set(name, why);
  };
  for (const name of names) claim(own.get(name), name, true, "another own mode is called so");
  for (const [name, mode] of own.entries())
    for (const alias of mode.get("aliases").items())
      if (alias.text !== undefined) claim(alias, alias.text, false, `the own mode ${name} is called so too`);
}

/** What `modes` and `ports` may name. */
export interface Nameable {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly groups: readonly string[];
  readonly servers: readonly string[];
}

export function nameable(modes: readonly Mode[], own: View): readonly Nameable[] {
  const handedOut = (servers: readonly (readonly [string, boolean])[]) =>
    servers.flatMap(([name, is]) => (is ? [name] : []));
  const builtIn = modes.map(({ name, aliases = [], groups, servers }) => ({
    name,
    aliases,
    groups,
    servers: handedOut(
      Object.entries(servers).map(([id, recipe]) => [id, recipe.during === undefined] as const),
    ),
  }));
  const texts = (list: View) => list.items().flatMap(({ text }) => text ?? []);
  const owned = own.entries().map(([name, mode]) => ({
    name,
    aliases: texts(mode.get("aliases")),
    groups: texts(mode.get("groups")),
    servers: handedOut(
      mode
        .get("servers")
        .entries()
        .map(([id, server]) => [id, !server.get("during").given] as const),
    ),
  }));
  return [...builtIn, ...owned];
}

export function checkSelection(selection: View, all: readonly Nameable[], reporter: Reporter): void {
  const names = all.flatMap(({ name, aliases }) => [name, ...aliases]);
  const groups = [...new Set(all.flatMap((one) => one.groups))];
  for (const item of selection.items()) reporter.oneOf(item, "mode or group", [...names, ...groups, "all"]);
}
