/** `nats-sandbox status`: what a sandbox runs, or all of them. */
import { EXIT, SandboxError } from "../errors.ts";
import { askStatus } from "../keeper/ask.ts";
import type { ModeStatus, Status } from "../keeper/status.ts";
import { stateHome } from "../state/home.ts";
import { namesUp } from "../state/lock.ts";
import { placeOf } from "../state/state.ts";
import { type GlobalOptions, result, resultJson, styleFor, tell } from "./output.ts";
import { placeOfRunning, type SandboxChoice } from "./reach.ts";

export interface StatusOptions extends GlobalOptions, SandboxChoice {
  readonly all?: boolean;
}

/** Exit status 1 when a server ended by itself, a mode did not start, or a check was not as promised. */
export async function status(options: StatusOptions): Promise<number> {
  const home = stateHome(process.env, process.cwd());
  if (options.all !== true) {
    const one = await askStatus(placeOfRunning(options));
    if (options.json === true) resultJson(one);
    else showOne(one, options);
    return isWell(one) ? EXIT.ok : EXIT.failed;
  }
  const all = (await Promise.all(namesUp(home).map((name) => askIfUp(home, name)))).flat();
  if (options.json === true) resultJson({ schema: 1, sandboxes: all });
  else if (all.length === 0) tell("no sandbox is up", options);
  else for (const one of all) showOne(one, options);
  return all.every(isWell) ? EXIT.ok : EXIT.failed;
}

/** A sandbox that is starting, stopping, or of a `check` or `exec`, answers nobody. */
async function askIfUp(home: string, name: string): Promise<readonly Status[]> {
  try {
    return [await askStatus(placeOf(home, name))];
  } catch (error) {
    if (error instanceof SandboxError && error.code === "not-up") return [];
    throw error;
  }
}

function isWell({ modes }: Status): boolean {
  return modes.every(isModeWell);
}

function isModeWell({ state, checks }: ModeStatus): boolean {
  return state === "ready" && (checks === undefined || checks.fail + checks.inconclusive === 0);
}

export function showOne(one: Status, options: GlobalOptions): void {
  const style = styleFor(process.stdout, options);
  const until = one.until === undefined ? "" : ` · until ${one.until}`;
  const width = (of: (mode: ModeStatus) => string) =>
    Math.max(0, ...one.modes.map((mode) => of(mode).length));
  const [mode, url] = [width((row) => row.mode), width((row) => row.url ?? "")];
  const sign = (row: ModeStatus) => (isModeWell(row) ? style.green("✔") : style.red("✖"));
  result(
    [
      style.bold(one.name) + style.dim(` · ${one.engine} engine · process ${one.owner}${until}`),
      ...one.modes.map(
        (row) =>
          `  ${sign(row)} ${row.mode.padEnd(mode)}  ${(row.url ?? "").padEnd(url)}  ${row.reason ?? wordsOf(row)}`,
      ),
      ...one.skipped
        .filter(({ id }) => id === undefined)
        .map(({ mode: skipped, reason }) => style.dim(`  · ${skipped}: ${reason}`)),
    ].join("\n"),
  );
}

function wordsOf({ state, checks }: ModeStatus): string {
  if (state === "ended") return "its server ended by itself";
  if (checks === undefined) return state;
  const { pass, fail, inconclusive, deviates } = checks;
  return `${pass + deviates}/${pass + fail + inconclusive + deviates} checks passed`;
}
