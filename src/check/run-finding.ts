/** Runs a finding: what a driver does today, recorded in one sentence and never judged. */
import { createRequire } from "node:module";
import { describeTrace } from "../classify.ts";
import { dial } from "../dial/dial.ts";
import { natscliVersion } from "../dial/natscli.ts";
import type { DriverName, Finding } from "../model.ts";
import type { CheckResult, FindingResult } from "../results.ts";
import { type CheckContext, classifyTrace, dialRequest } from "./context.ts";

/** The finding, or, when the outcome is none that it knows, an inconclusive result. */
export async function runFinding(
  context: CheckContext,
  id: string,
  finding: Finding,
): Promise<FindingResult | CheckResult> {
  const { running } = context;
  const request = await dialRequest(context, finding.driver, finding.as, finding.but, { op: "connect" });
  const { trace } = await dial(request);
  const { got, server, decidedBy } = await classifyTrace(running, "server", trace);
  const text = (finding.means as Readonly<Record<string, string>>)[got];
  const mode = running.mode.name;
  const common = {
    mode,
    id: `${mode}/${id}`,
    evidence: { client: running.redact(describeTrace(trace)), server },
  };
  if (text !== undefined)
    return { ...common, title: finding.title, driver: await driverTitle(finding.driver), text };
  return {
    ...common,
    check: finding.title,
    as: finding.as,
    server: "server",
    driver: finding.driver,
    expect: "ok",
    got,
    decidedBy,
    verdict: "inconclusive",
    ms: 0,
    reason: `${got} is none of the outcomes that this finding knows`,
  };
}

/** A driver with its version: what it does may change with the next one. */
async function driverTitle(driver: DriverName): Promise<string> {
  if (driver === "natscli") return `nats CLI ${await natscliVersion()}`;
  if (driver === "wire") return "wire probe";
  const { version } = createRequire(import.meta.url)("@nats-io/transport-node/package.json") as {
    version: string;
  };
  return `nats.js ${version}`;
}
