/** What all that start and check modes have in common: doing it, and saying what came out. */
import { relative } from "node:path";
import { checkSandbox } from "../check/check-sandbox.ts";
import type { DockerSettings } from "../config/config.ts";
import type { EngineName, JetStreamLimits, KeyType, Mode } from "../model.ts";
import { JETSTREAM_LIMITS, withJetStream } from "../modes/_jetstream.ts";
import { isGoodReport } from "../report/report.ts";
import { deviationText, failureText, findingTexts, modeTable, skipTexts } from "../report/text.ts";
import type { Report, SandboxEvent } from "../results.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../sandbox.ts";
import { selectModes } from "../select.ts";
import { stateHome } from "../state/home.ts";
import { type GlobalOptions, result, styleFor, tell, widthOf } from "./output.ts";
import type { Progress } from "./progress.ts";
import type { Signals } from "./signals.ts";

export interface StartingOptions extends GlobalOptions, DockerSettings {
  readonly engine: "auto" | EngineName;
  readonly server?: string;
  readonly offline?: boolean;
  readonly host: readonly string[];
  readonly keyType: KeyType;
  readonly monitor?: boolean;
  readonly jetstream?: boolean | JetStreamLimits;
}

/** What came out, as plain data: it may have come about in another process. */
export interface Outcome {
  readonly engine: { readonly name: EngineName; readonly title: string };
  readonly dir: string;
  readonly report: Report;
}

/** Those of the modes that are named, with streams where they are asked for. */
export function modesToStart(
  names: readonly string[],
  { jetstream = false }: StartingOptions,
  modes: readonly Mode[],
): readonly Mode[] {
  const everywhere = jetstream === true ? JETSTREAM_LIMITS : jetstream || undefined;
  return selectModes(names, modes).map((mode) => {
    const limits = mode.jetstream ?? everywhere;
    return limits === undefined ? mode : withJetStream(mode, limits);
  });
}

/** The options of `startSandbox` for what was given on the command line. */
export function sandboxOptions(name: string, options: StartingOptions, emit: (event: SandboxEvent) => void) {
  const { engine, server, offline, host: hosts, keyType, monitor } = options;
  const { image, pull, network, alias, containers } = options;
  return {
    home: stateHome(process.env, process.cwd()),
    name,
    engine,
    hosts,
    keyType,
    emit,
    onProgress: (text: string) => emit({ type: "note", text }),
    ...(image === undefined ? {} : { image }),
    ...(pull === undefined ? {} : { pull }),
    ...(network === undefined ? {} : { network }),
    ...(alias === undefined ? {} : { alias }),
    ...(containers === undefined ? {} : { containers }),
    ...(server === undefined ? {} : { server }),
    ...(offline === undefined ? {} : { offline }),
    ...(monitor === undefined ? {} : { monitor }),
  } satisfies SandboxOptions;
}

/** Starts and checks; what it started is in `sandbox`, for the caller to stop. Stops it itself when it throws. */
export async function startAndCheck(
  modes: readonly Mode[],
  options: SandboxOptions,
  version: string,
  signals: Pick<Signals, "signal" | "interrupt">,
): Promise<{ readonly sandbox: Sandbox; readonly outcome: Outcome }> {
  const begin = performance.now();
  const sandbox = await startSandbox(modes, { ...options, signal: signals.signal });
  try {
    const { emit } = options;
    const report = await signals.interrupt(checkSandbox(sandbox, { version, begin, ...(emit && { emit }) }));
    const { engine, dir } = sandbox;
    return { sandbox, outcome: { engine: { name: engine.name, title: engine.title }, dir, report } };
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

export function isGood({ report }: Outcome): boolean {
  return isGoodReport(report);
}

/** The headline on stderr; the table, what is not as promised, and the summary on stdout, with `more` after it. */
export function print(
  outcome: Outcome,
  progress: Progress,
  options: GlobalOptions,
  more: readonly string[],
): void {
  tell(`${headline(outcome)}\n`, options);
  const [first = "", ...rest] = more;
  const lines = [...describe(outcome, progress, options), summary(outcome) + first, ...rest];
  result(lines.join("\n"));
}

function describe({ report }: Outcome, progress: Progress, options: GlobalOptions) {
  const style = styleFor(process.stdout, options);
  const errors = new Map(report.notStarted.map(({ mode, error }) => [mode, error]));
  const bad = report.results.filter(({ verdict }) => verdict === "fail" || verdict === "inconclusive");
  const deviating = report.results.filter(({ verdict }) => verdict === "deviates");
  const blocks = [
    modeTable(progress.rows(errors), style, widthOf(process.stdout)),
    bad.flatMap((one) => failureText(one, style)),
    [...errors].map(([mode, why]) => `${style.red("✖")} ${style.bold(mode)} did not start: ${why}`),
    deviating.map((one) => deviationText(one, style)),
    skipTexts(report.skipped, style),
    findingTexts(report.findings, style, widthOf(process.stdout)),
  ];
  return blocks.filter((block) => block.length > 0).flatMap((block) => [...block, ""]);
}

/** What runs, where it came from, and where its files are. */
function headline({ engine, dir }: Outcome): string {
  return `${engine.title}\n${engine.name} engine · ${relative(process.cwd(), dir) || dir}`;
}

/** `9 modes, 231 checks passed in 1.2 s.` */
function summary({ report: { servers, totals, ms, notStarted } }: Outcome): string {
  const { pass, fail, inconclusive, deviates } = totals;
  const all = pass + fail + inconclusive + deviates;
  const good = pass + deviates;
  const modes = new Set(servers.map(({ mode }) => mode)).size + notStarted.length;
  const checks = good === all ? `${all} checks passed` : `${good} of ${all} checks passed`;
  return `${modes} ${modes === 1 ? "mode" : "modes"}, ${checks} in ${(ms / 1000).toFixed(1)} s.`;
}
