/** What `up` and `check` have in common: start the modes, check them, and say what came out. */
import { relative } from "node:path";
import { type CheckOutcome, checkModes } from "../check/check.ts";
import type { EngineName, KeyType, Mode } from "../model.ts";
import { buildReport } from "../report/report.ts";
import { deviationText, failureText, findingTexts, modeTable, skipTexts } from "../report/text.ts";
import type { Report } from "../results.ts";
import { type Sandbox, startSandbox } from "../sandbox.ts";
import { stateHome } from "../state/home.ts";
import { type GlobalOptions, result, styleFor, tell, widthOf } from "./output.ts";
import { Progress } from "./progress.ts";
import type { Signals } from "./signals.ts";

export interface StartingOptions extends GlobalOptions {
  readonly engine: "auto" | EngineName;
  readonly server?: string;
  readonly offline?: boolean;
  readonly host: readonly string[];
  readonly keyType: KeyType;
  readonly monitor?: boolean;
}

export interface Run {
  readonly sandbox: Sandbox;
  readonly outcome: CheckOutcome;
  readonly report: Report;
  /** The table, failures, deviations, findings and skips. */
  readonly text: readonly string[];
}

/** Starts and checks; what it started is in `sandbox`, for the caller to stop. Stops it itself when it throws. */
export async function startAndCheck(
  modes: readonly Mode[],
  name: string,
  options: StartingOptions,
  version: string,
  signals: Signals,
): Promise<Run> {
  const startedAt = new Date();
  const begin = performance.now();
  using progress = new Progress(modes, options);
  const sandbox = await startSandbox(modes, {
    home: stateHome(process.env, process.cwd()),
    name,
    engine: options.engine,
    hosts: options.host,
    keyType: options.keyType,
    signal: signals.signal,
    emit: progress.take,
    onProgress: (text) => progress.take({ type: "note", text }),
    ...(options.server === undefined ? {} : { server: options.server }),
    ...(options.offline === undefined ? {} : { offline: options.offline }),
    ...(options.monitor === undefined ? {} : { monitor: options.monitor }),
  });
  try {
    const outcome = await signals.interrupt(
      checkModes(sandbox.running, { emit: progress.take, scratch: sandbox.dir }),
    );
    const report = buildReport({
      tool: `nats-sandbox ${version}`,
      engine: sandbox.engine.name,
      startedAt,
      ms: performance.now() - begin,
      servers: sandbox.running.flatMap(({ mode, serverNames }) =>
        serverNames.map((id) => ({ mode: mode.name, id, version: sandbox.engine.version })),
      ),
      results: outcome.results,
      findings: outcome.findings,
      skipped: [...sandbox.skipped, ...outcome.skipped],
    });
    return { sandbox, outcome, report, text: describe(sandbox, report, progress, options) };
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

function describe(
  sandbox: Sandbox,
  report: Report,
  progress: Progress,
  options: GlobalOptions,
): readonly string[] {
  const style = styleFor(process.stdout, options);
  const errors = new Map(sandbox.failed.map(({ mode, error }) => [mode.name, error.detail ?? error.message]));
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
function headline({ engine, dir }: Sandbox): string {
  return `${engine.title}\n${engine.name} engine · ${relative(process.cwd(), dir) || dir}`;
}

/** `9 modes, 231 checks passed in 1.2 s.` */
function summary(sandbox: Sandbox, { totals, ms }: Report): string {
  const { pass, fail, inconclusive, deviates } = totals;
  const all = pass + fail + inconclusive + deviates;
  const good = pass + deviates;
  const modes = sandbox.running.length + sandbox.failed.length;
  const checks = good === all ? `${all} checks passed` : `${good} of ${all} checks passed`;
  return `${modes} ${modes === 1 ? "mode" : "modes"}, ${checks} in ${(ms / 1000).toFixed(1)} s.`;
}

export function isGood(sandbox: Sandbox, { totals }: Report): boolean {
  return sandbox.failed.length === 0 && totals.fail === 0 && totals.inconclusive === 0;
}

export function print(run: Run, options: GlobalOptions, more: readonly string[]): void {
  tell(`${headline(run.sandbox)}\n`, options);
  result([...run.text, summary(run.sandbox, run.report) + (more[0] ?? ""), ...more.slice(1)].join("\n"));
}
