/** `nats-sandbox doctor`: what is here, what is wrong, and what mends it. */
import { examine, type Item, type ItemState } from "../doctor/doctor.ts";
import { EXIT } from "../errors.ts";
import { stateHome } from "../state/home.ts";
import { type GlobalOptions, result, resultJson, styleFor } from "./output.ts";

export async function doctor(options: GlobalOptions, version: string): Promise<number> {
  const home = stateHome(process.env, process.cwd());
  const items = await examine({ version, home, env: process.env });
  const ok = items.every(({ state }) => state !== "problem");
  if (options.json === true) resultJson({ schema: 1, ok, items });
  else result([...items.map((item) => itemText(item, options)), "", summary(items)].join("\n"));
  return ok ? EXIT.ok : EXIT.environment;
}

function itemText({ state, text, fix }: Item, options: GlobalOptions): string {
  const style = styleFor(process.stdout, options);
  const mark = { ok: style.green("✔"), warning: style.yellow("!"), problem: style.red("✖") }[state];
  return `${mark} ${text}${fix === undefined ? "" : `\n  ${style.green("→")} ${fix}`}`;
}

function summary(items: readonly Item[]): string {
  const count = (wanted: ItemState) => items.filter(({ state }) => state === wanted).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  if (problems > 0)
    return `${plural(problems, "problem")} to mend before up works; ${plural(warnings, "warning")}.`;
  return warnings > 0 ? `Ready, with ${plural(warnings, "warning")}.` : "Ready: nats-sandbox up";
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
