/** Checks all that a sandbox runs, and makes the report of it. */
import { buildReport } from "../report/report.ts";
import type { Report } from "../results.ts";
import type { Sandbox } from "../sandbox.ts";
import { type CheckOptions, checkModes } from "./check.ts";
import { describeMode } from "./describe-mode.ts";

export interface CheckSandboxOptions extends CheckOptions {
  /** The version of nats-sandbox. */
  readonly version: string;
  /** When the run began that the report is of; by `performance.now()`. Default: now. */
  readonly begin?: number;
}

export async function checkSandbox(sandbox: Sandbox, options: CheckSandboxOptions): Promise<Report> {
  const { version, begin = performance.now(), ...how } = options;
  const startedAt = new Date(Date.now() - (performance.now() - begin));
  const { results, findings, skipped } = await checkModes(sandbox.running, { scratch: sandbox.dir, ...how });
  return buildReport({
    tool: `nats-sandbox ${version}`,
    engine: sandbox.engine.name,
    startedAt,
    ms: performance.now() - begin,
    servers: sandbox.running.flatMap(({ mode, serverNames }) =>
      serverNames.map((id) => ({ mode: mode.name, id, version: sandbox.engine.version })),
    ),
    results,
    findings,
    skipped: [...sandbox.skipped, ...skipped],
    notStarted: sandbox.failed.map(({ mode, error }) => ({
      mode: mode.name,
      error: error.detail ?? error.message,
    })),
    modes: sandbox.running.map(describeMode),
  });
}
