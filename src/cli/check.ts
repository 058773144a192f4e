/** `nats-sandbox check`: start, check, report, stop. */
import { randomBytes } from "node:crypto";
import { EXIT } from "../errors.ts";
import { logsKept } from "../sandbox.ts";
import { selectModes } from "../select.ts";
import { complain, resultJson } from "./output.ts";
import { isGood, print, type StartingOptions, startAndCheck } from "./run.ts";
import { listenForSignals } from "./signals.ts";

export interface CheckCommandOptions extends StartingOptions {
  /** Optional tools whose absence is a failure here. */
  readonly require: readonly string[];
}

export async function check(
  names: readonly string[],
  options: CheckCommandOptions,
  version: string,
): Promise<number> {
  const modes = selectModes(names);
  using signals = listenForSignals();
  // Always fresh, and beside any other: the name is its own.
  const run = await startAndCheck(
    modes,
    `check-${randomBytes(6).toString("hex")}`,
    options,
    version,
    signals,
  );
  const missing = new Set(run.report.skipped.flatMap((skip) => skip.missing ?? []));
  const lacking = options.require.filter((tool) => missing.has(tool));
  const good = isGood(run.sandbox, run.report) && lacking.length === 0;
  await run.sandbox.stop({ keepLogs: !isGood(run.sandbox, run.report) });
  if (options.json === true) resultJson(run.report);
  else print(run, options, [""]);
  for (const tool of lacking) complain(`✖ ${tool} is required and not here`);
  if (!isGood(run.sandbox, run.report)) complain(logsKept(run.sandbox));
  return good ? EXIT.ok : EXIT.failed;
}
