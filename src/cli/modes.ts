/** `nats-sandbox modes`: what modes there are. */
import { EXIT } from "../errors.ts";
import type { Mode } from "../model.ts";
import { type GlobalOptions, result, resultJson, styleFor } from "./output.ts";
import { type ConfiguredOptions, settle } from "./settings.ts";

export async function modes(flags: GlobalOptions & ConfiguredOptions): Promise<number> {
  const { options, modes: all } = await settle([], flags);
  if (options.json === true) {
    resultJson({ schema: 1, modes: all.map(withoutValues) });
    return EXIT.ok;
  }
  const style = styleFor(process.stdout, options);
  const title = (name: string, aliases: readonly string[] = []) => [name, ...aliases].join(", ");
  const widest = (of: (mode: Mode) => string) => Math.max(...all.map((mode) => of(mode).length));
  const width = widest(({ name, aliases }) => title(name, aliases)) + 2;
  const groupsWidth = widest(({ groups }) => groups.join(", ")) + 4;
  const lines = all.map(({ name, aliases, groups, why, checks }) => {
    const head = `${style.bold(title(name, aliases).padEnd(width))}${groups.join(", ").padEnd(groupsWidth)}${Object.keys(checks).length} checks`;
    return `${head}\n  ${style.dim(why)}`;
  });
  result(lines.join("\n"));
  return EXIT.ok;
}

/** An own mode may say what a secret is; this is not the place to print it. */
function withoutValues(mode: Mode): Mode {
  if (mode.secrets === undefined) return mode;
  const secrets = Object.entries(mode.secrets).map(([name, recipe]) => {
    const { value, ...rest } = recipe;
    return [name, value === undefined ? rest : { ...rest, value: "[secret]" }] as const;
  });
  return { ...mode, secrets: Object.fromEntries(secrets) };
}
