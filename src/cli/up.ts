/** `nats-sandbox up`: start, check, print the table; keep running until a signal, or leave it to a keeper. */
import { EXIT } from "../errors.ts";
import type { Mode } from "../model.ts";
import type { SandboxEvent } from "../results.ts";
import { detach } from "./detach.ts";
import { complain, resultJson, tell, widthOf } from "./output.ts";
import { type Owned, type OwningOptions, own } from "./own.ts";
import { Progress, withProgress } from "./progress.ts";
import { isGood, modesToStart, print } from "./run.ts";
import { type ConfiguredOptions, settle } from "./settings.ts";
import { listenForSignals } from "./signals.ts";

export interface UpOptions extends OwningOptions, ConfiguredOptions {
  /** Leave them running, owned by a process of its own. */
  readonly detach?: boolean;
  /** With `detach`: also when a check failed. */
  readonly keepOnFailure?: boolean;
}

export async function up(named: readonly string[], flags: UpOptions, version: string): Promise<number> {
  const { options, names, modes: all } = await settle(named, flags);
  const modes = modesToStart(names, options, all);
  return options.detach === true ? upDetached(modes, options) : upHere(modes, options, version);
}

async function upHere(modes: readonly Mode[], options: UpOptions, version: string): Promise<number> {
  using signals = listenForSignals();
  let ready = false;
  const progress = new Progress(modes, options);
  const emit = (event: SandboxEvent) => {
    if (!ready) progress.take(event);
    else if (event.type === "phase" && event.phase === "lost") complain(lost(event.mode));
    else if (event.type === "note") tell(event.text, options);
  };
  const owned = await withProgress(progress, () => own(modes, options, version, signals, emit));
  ready = true;
  if (options.json === true) resultJson(await owned.status());
  else print(owned.outcome, progress, options, ["  Ctrl-C stops everything.", ...hints(owned, options.name)]);
  await owned.over;
  tell("stopping…", options);
  const { status, said } = await owned.finish();
  if (said !== undefined) complain(said);
  return status;
}

async function upDetached(modes: readonly Mode[], options: UpOptions): Promise<number> {
  using signals = listenForSignals();
  const progress = new Progress(modes, options);
  const { outcome, handedOut, status, kept } = await withProgress(progress, () =>
    detach({ modes, options, keepOnFailure: options.keepOnFailure === true }, signals, progress.take),
  );
  const down = `nats-sandbox down${options.name === "default" ? "" : ` --name ${options.name}`}`;
  if (options.json === true) resultJson(status);
  else if (kept)
    print(outcome, progress, options, [`  ${down} stops everything.`, ...hints({ handedOut }, options.name)]);
  else print(outcome, progress, options, ["  Everything is stopped: --keep-on-failure leaves it running."]);
  return isGood(outcome) ? EXIT.ok : EXIT.failed;
}

function lost(mode: string): string {
  return `✖ ${mode}: its server ended by itself; nats-sandbox logs ${mode} shows its last words`;
}

/** What to do next, with the mode that most people come for. */
function hints({ handedOut }: Pick<Owned, "handedOut">, name: string): readonly string[] {
  const one = handedOut.find(({ mode }) => mode === "tls-verify") ?? handedOut[0];
  if (one === undefined) return [];
  const named = name === "default" ? "" : ` --name ${name}`;
  const commands = [
    [`eval "$(nats-sandbox env ${one.mode}${named})"`, "use it from this shell"],
    [`nats-sandbox connect ${one.mode} --lang javascript${named}`, "code that connects"],
    [`nats-sandbox config ${one.mode}${named}`, "its server config"],
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
