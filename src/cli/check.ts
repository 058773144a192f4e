/** `nats-sandbox check`: start, check, report, stop. */
import { randomBytes } from "node:crypto";
import { ERROR_STATUS, EXIT } from "../errors.ts";
import { logsKept } from "../sandbox.ts";
import { complain, resultJson } from "./output.ts";
import { Progress, withProgress } from "./progress.ts";
import { openReports } from "./reports.ts";
import { isGood, modesToStart, print, type StartingOptions, sandboxOptions, startAndCheck } from "./run.ts";
import { type ConfiguredOptions, settle, withoutFixedPorts } from "./settings.ts";
import { listenForSignals } from "./signals.ts";

export interface CheckCommandOptions extends StartingOptions, ConfiguredOptions {
  /** Optional tools whose absence is a failure here. */
  readonly require: readonly string[];
  /** `html`, `junit=FILE`. */
  readonly report: readonly string[];
}

export async function check(
  named: readonly string[],
  flags: CheckCommandOptions,
  version: string,
): Promise<number> {
  const { options, names, modes: all, file } = await settle(named, flags);
  const reports = openReports(options.report, file, options);
  const modes = modesToStart(names, options, all.map(withoutFixedPorts));
  using signals = listenForSignals();
  const progress = new Progress(modes, options);
  // Always fresh, and beside any other: the name is its own.
  const name = `check-${randomBytes(6).toString("hex")}`;
  const run = { modes, progress, engine: options.engine, version };
  const { sandbox, outcome } = await reports.around(run, () =>
    withProgress(progress, () =>
      startAndCheck(modes, sandboxOptions(name, options, progress.take), version, signals),
    ),
  );
  const missing = new Set(outcome.report.skipped.flatMap((skip) => skip.missing ?? []));
  const lacking = options.require.filter((tool) => missing.has(tool));
  const good = isGood(outcome);
  await sandbox.stop({ keepLogs: !good });
  if (options.json === true) resultJson(outcome.report);
  else print(outcome, progress, options, [""]);
  for (const tool of lacking) complain(`✖ ${tool} is required and not here`);
  if (!good) complain(logsKept(sandbox));
  const written = await reports.write(outcome.report);
  if (!good || lacking.length > 0) return EXIT.failed;
  return written ? EXIT.ok : ERROR_STATUS["output-unusable"];
}
