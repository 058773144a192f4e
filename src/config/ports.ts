/** Fixed ports: who gets which, none given twice, and how they get into the data of the modes. */
import type { Mode, ServerRecipe } from "../model.ts";
import type { Nameable } from "./names.ts";
import { suggestion } from "./problems.ts";
import type { Reporter } from "./reporter.ts";
import type { View } from "./view.ts";

/** Client ports by mode and server. */
export type Ports = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Reads `ports` of the file, whose modes may be named by alias; what is wrong is told. */
export function readPorts(ports: View, own: View, all: readonly Nameable[], reporter: Reporter): Ports {
  const found = new Map<string, Map<string, number>>();
  const given = new Map<number, string>();
  const give = (place: View, port: number, to: string) => {
    const other = given.get(port);
    if (other === undefined) given.set(port, to);
    else
      reporter.tell(place, `gives the port ${portText(place, port, reporter)} away twice`, {
        hint: `it is the port of ${other}`,
      });
  };
  for (const { mode, server, listener, place } of ownPorts(own))
    give(place, place.number ?? 0, `${mode}, server ${server}, ${listener}`);
  for (const [name, value] of ports.entries()) {
    const mode = all.find((one) => one.name === name || one.aliases.includes(name));
    if (mode === undefined) {
      const known = all.map((one) => one.name);
      reporter.tell(value, "is no mode", { hint: suggestion(name, known), key: true });
      continue;
    }
    for (const [server, place] of serversOf(value, mode, reporter)) {
      const { number } = place;
      if (number === undefined) continue;
      const ofMode = found.get(mode.name) ?? new Map<string, number>();
      const before =
        ofMode.get(server) ?? own.get(mode.name).get("servers").get(server).get("ports").get("client").number;
      if (before !== undefined) reporter.tell(place, `is the second port of ${mode.name}, server ${server}`);
      give(place, number, `${mode.name}, server ${server}, client`);
      found.set(mode.name, ofMode.set(server, number));
    }
  }
  return found;
}

function portText(place: View, port: number, reporter: Reporter): string {
  const from = reporter.variables(place);
  return from.length === 0 ? String(port) : `that ${from.join(" and ")} makes`;
}

/** A port alone is that of the only server. */
function serversOf(value: View, mode: Nameable, reporter: Reporter): readonly (readonly [string, View])[] {
  if (value.number === undefined)
    return value.entries().filter(([server, place]) => {
      const known = mode.servers.includes(server);
      if (!known)
        reporter.tell(place, `is no server of ${mode.name}`, {
          hint: suggestion(server, mode.servers),
          key: true,
        });
      return known;
    });
  if (mode.servers.length > 1)
    reporter.tell(value, `must say which server: ${mode.name} has several`, {
      hint: suggestion(undefined, mode.servers),
    });
  return [["server", value]];
}

function ownPorts(own: View) {
  return own.entries().flatMap(([mode, data]) =>
    data
      .get("servers")
      .entries()
      .flatMap(([server, recipe]) =>
        recipe
          .get("ports")
          .entries()
          .filter(([, place]) => place.number !== undefined)
          .map(([listener, place]) => ({ mode, server, listener, place })),
      ),
  );
}

export function withPorts(mode: Mode, ports: Ports): Mode {
  const its = ports.get(mode.name);
  if (its === undefined) return mode;
  const servers = Object.entries(mode.servers).map(([name, recipe]): readonly [string, ServerRecipe] => {
    const port = its.get(name);
    return [name, port === undefined ? recipe : { ...recipe, ports: { ...recipe.ports, client: port } }];
  });
  return { ...mode, servers: Object.fromEntries(servers) };
}
