/** `nats-sandbox modes`: what modes there are. */
import { EXIT } from "../errors.ts";
import { MODES } from "../modes/all.gen.ts";
import { type GlobalOptions, result, resultJson, styleFor } from "./output.ts";

export async function modes(options: GlobalOptions): Promise<number> {
  if (options.json === true) {
    resultJson({ schema: 1, modes: MODES });
    return EXIT.ok;
  }
  const style = styleFor(process.stdout, options);
  const title = (name: string, aliases: readonly string[] = []) => [name, ...aliases].join(", ");
  const width = Math.max(...MODES.map(({ name, aliases }) => title(name, aliases).length)) + 2;
  const lines = MODES.map(({ name, aliases, groups, why, checks }) => {
    const head = `${style.bold(title(name, aliases).padEnd(width))}${groups.join(", ").padEnd(8)}${Object.keys(checks).length} checks`;
    return `${head}\n  ${style.dim(why)}`;
  });
  result(lines.join("\n"));
  return EXIT.ok;
}
