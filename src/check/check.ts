/** Checks running modes: every check against its control, every finding, every skip said aloud. */
import { tmpdir } from "node:os";
import { findNatscli } from "../dial/natscli.ts";
import type { Check } from "../model.ts";
import type { CheckResult, FindingResult, SandboxEvent, Skip } from "../results.ts";
import type { RunningMode } from "../running/running.ts";
import { can, firstVersion } from "../server/capabilities.ts";
import { TlsContexts } from "../wire/tls-contexts.ts";
import type { CheckContext } from "./context.ts";
import { controlOf } from "./control.ts";
import { type DefaultTrust, probeDefaultTrust } from "./default-trust.ts";
import { runCheck } from "./run-check.ts";
import { runFinding } from "./run-finding.ts";

export interface CheckOptions {
  readonly emit?: (event: SandboxEvent) => void;
  /** How long (ms) one dial may take. */
  readonly timeout?: number;
  /** Directory for the files that clients need while they dial; they are deleted again. Default: the system's. */
  readonly scratch?: string;
}

export interface CheckOutcome {
  readonly results: readonly CheckResult[];
  readonly findings: readonly FindingResult[];
  readonly skipped: readonly Skip[];
}

const TIMEOUT = 5_000;

/** Checks all modes at once. Modes share nothing but the child processes that dial with the default trust store. */
export async function checkModes(
  modes: readonly RunningMode[],
  options: CheckOptions = {},
): Promise<CheckOutcome> {
  const trust = probeDefaultTrust(modes, options.scratch ?? tmpdir());
  const outcomes = await Promise.all(modes.map((running) => checkMode(running, trust, options)));
  return {
    results: outcomes.flatMap((outcome) => outcome.results),
    findings: outcomes.flatMap((outcome) => outcome.findings),
    skipped: outcomes.flatMap((outcome) => outcome.skipped),
  };
}

async function checkMode(
  running: RunningMode,
  trust: DefaultTrust,
  options: CheckOptions,
): Promise<CheckOutcome> {
  const { mode } = running;
  const emit = options.emit ?? (() => {});
  emit({ type: "phase", mode: mode.name, phase: "checking" });
  const context: CheckContext = {
    running,
    timeout: options.timeout ?? TIMEOUT,
    scratch: options.scratch ?? tmpdir(),
    contexts: new TlsContexts(),
    defaultTrust: (id) => trust(mode.name, id),
  };
  const skipped = skipsOf(running);
  for (const skip of skipped.values()) emit({ type: "skip", skip });

  const begun = new Map<string, Promise<CheckResult>>();
  /** Runs a check once, however many others have it as their control. */
  const begin = (id: string, check: Check): Promise<CheckResult> => {
    const known = begun.get(id) ?? judged(id, check);
    begun.set(id, known);
    return known;
  };
  const judged = async (id: string, check: Check): Promise<CheckResult> => {
    const control = controlOf(mode, id, check);
    const controlled = control === undefined ? undefined : begin(control.id, control.check);
    const [own, its] = await Promise.all([runCheck(context, id, check), controlled]);
    const proven = control === undefined || its?.verdict === "pass";
    const result = proven ? own : inconclusive(own, control.check.title);
    emit({ type: "check", result });
    return result;
  };

  const checks = Object.entries(mode.checks).filter(([id]) => !skipped.has(id));
  const findings = Object.entries(mode.findings ?? {}).filter(([id]) => !skipped.has(id));
  const beginAll = (some: typeof checks) => Promise.all(some.map(([id, check]) => begin(id, check)));
  const last = checks.filter(([, { before }]) => before === "restart");
  const [first, found] = await Promise.all([
    beginAll(checks.filter((one) => !last.includes(one))),
    Promise.all(findings.map(([id, finding]) => runFinding(context, id, finding))),
  ]);
  if (last.length > 0) await running.restart();
  const results = [...first, ...(await beginAll(last))];
  await running.endCheck();
  emit({ type: "phase", mode: mode.name, phase: "checked" });
  return {
    results: [...results, ...found.filter((one) => "verdict" in one)],
    findings: found.filter((one) => "text" in one),
    skipped: [...skipped.values()],
  };
}

function inconclusive(result: CheckResult, control: string): CheckResult {
  return { ...result, verdict: "inconclusive", reason: `its control "${control}" did not get in` };
}

/** What this server version or this machine cannot run, by check or finding id. */
function skipsOf({ mode, engine }: RunningMode): ReadonlyMap<string, Skip> {
  const all = Object.entries<Pick<Check, "needs" | "driver">>({ ...mode.checks, ...mode.findings });
  const skips = all.flatMap(([id, { needs, driver }]): readonly (readonly [string, Skip])[] => {
    const common = { mode: mode.name, id: `${mode.name}/${id}` };
    if (needs !== undefined && !can(engine.version, needs))
      return [
        [id, { ...common, reason: `needs nats-server ${firstVersion(needs)}, found ${engine.version}` }],
      ];
    if (driver === "natscli" && findNatscli() === undefined)
      return [[id, { ...common, reason: "needs the nats CLI on PATH", missing: "natscli" }]];
    return [];
  });
  return new Map(skips);
}
