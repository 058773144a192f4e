/** `nats-sandbox up`: start, check, print the table; keep running until a signal, or leave it to a keeper. */
import { ERROR_STATUS, EXIT } from "../errors.ts";
import type { Mode } from "../model.ts";
import type { SandboxEvent } from "../results.ts";
import { detach } from "./detach.ts";
import { complain, resultJson, tell, widthOf } from "./output.ts";
import { type Owned, type OwningOptions, own } from "./own.ts";
import { Progress, withProgress } from "./progress.ts";
import { commandFor } from "./reach.ts";
import { openReports, type Reports } from "./reports.ts";
import { isGood, modesToStart, print } from "./run.ts";
import { type ConfiguredOptions, settle } from "./settings.ts";
import { listenForSignals } from "./signals.ts";

export interface UpOptions extends OwningOptions, ConfiguredOptions {
  /** Leave them running, owned by a process of its own. */
  readonly detach?: boolean;
  /** With `detach`: also when a check failed. */
  readonly keepOnFailure?: boolean;
  /** `html`, `junit=FILE`. */
  readonly report: readonly string[];
}

export async function up(named: readonly string[], flags: UpOptions, version: string): Promise<number> {
  const { options, names, modes: all, file } = await settle(named, flags);
  // Those of the file are for `check`: who is at work does not want a file at each `up`.
  const reports = openReports(flags.report, file, options);
  const modes = modesToStart(names, options, all);
  const bringUp = options.detach === true ? upDetached : upHere;
  return bringUp(modes, options, version, reports);
}

async function upHere(
  modes: readonly Mode[],
  options: UpOptions,
  version: string,
  reports: Reports,
): Promise<number> {
  using signals = listenForSignals();
  let ready = false;
  const progress = new Progress(modes, options);
  const emit = (event: SandboxEvent) => {
    if (!ready) progress.take(event);
    else if (event.type === "phase" && event.phase === "lost") complain(lost(event.mode, options));
    else if (event.type === "note") tell(event.text, options);
  };
  const run = { modes, progress, engine: options.engine, version };
  const owned = await reports.around(run, () =>
    withProgress(progress, () => own(modes, options, version, signals, emit)),
  );
  ready = true;
  if (options.json === true) resultJson(await owned.status());
  else print(owned.outcome, progress, options, ["  Ctrl-C stops everything.", ...hints(owned, options)]);
  const written = await reports.write(owned.outcome.report);
  await owned.over;
  tell("stopping…", options);
  const { status, said } = await owned.finish();
  if (said !== undefined) complain(said);
  return status === EXIT.ok && !written ? ERROR_STATUS["output-unusable"] : status;
}

async function upDetached(
  modes: readonly Mode[],
  options: UpOptions,
  version: string,
  reports: Reports,
): Promise<number> {
  using signals = listenForSignals();
  const progress = new Progress(modes, options);
  const order = { modes, options, keepOnFailure: options.keepOnFailure === true };
  const run = { modes, progress, engine: options.engine, version };
  const { outcome, handedOut, status, kept } = await reports.around(run, () =>
    withProgress(progress, () => detach(order, signals, progress.take)),
  );
  if (options.json === true) resultJson(status);
  else if (kept)
    print(outcome, progress, options, [
      `  ${commandFor(options, "down")} stops everything.`,
      ...hints({ handedOut }, options),
    ]);
  else print(outcome, progress, options, ["  Everything is stopped: --keep-on-failure leaves it running."]);
  const written = await reports.write(outcome.report);
  if (!isGood(outcome)) return EXIT.failed;
  return written ? EXIT.ok : ERROR_STATUS["output-unusable"];
}

function lost(mode: string, options: UpOptions): string {
  return `✖ ${mode}: its server ended by itself; ${commandFor(options, "logs", mode)} shows its last words`;
}

/** What to do next, with the mode that most people come for. */
function hints({ handedOut }: Pick<Owned, "handedOut">, options: UpOptions): readonly string[] {
  const one = handedOut.find(({ mode }) => mode === "tls-verify") ?? handedOut[0];
  if (one === undefined) return [];
  const commands = [
    [`eval "$(${commandFor(options, "env", one.mode)})"`, "use it from this shell"],
    [commandFor(options, "connect", one.mode, "--lang", "javascript"), "code that connects"],
    [commandFor(options, "config", one.mode), "its server config"],
  ] as const;
  const column = Math.max(...commands.map(([command]) => command.length)) + 3;
  // A command that is wrapped is hard to copy; what it is for says its name.
  const remarks = commands.every(([, what]) => 2 + column + what.length <= widthOf(process.stdout));
  return [
    "",
    ...commands.map(([command, what]) => `  ${remarks ? command.padEnd(column) + what : command}`),
    "",
    "Test keys only: never use them for anything real.",
  ];
}
