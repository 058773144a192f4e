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
  const width = Math.max(...all.map(({ name, aliases }) => title(name, aliases).length)) + 2;
  const lines = all.map(({ name, aliases, groups, why, checks }) => {
    const head = `${style.bold(title(name, aliases).padEnd(width))}${groups.join(", ").padEnd(8)}${Object.keys(checks).length} checks`;
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
