/** Runs one check of a running mode: dials or inspects, gathers both sides' evidence, classifies. */
import { deciderOf, describeTrace } from "../classify.ts";
import { dial } from "../dial/dial.ts";
import type { DialStep } from "../dial/steps.ts";
import { codeOf, messageOf, SandboxError } from "../errors.ts";
import type { Check, Step } from "../model.ts";
import type { CheckResult, Verdict } from "../results.ts";
import type { RunningMode } from "../running/running.ts";
import { can } from "../server/capabilities.ts";
import type { Trace } from "../wire/trace.ts";
import { type CheckContext, classifyTrace, dialRequest, type Inspection } from "./context.ts";
import { type InspectStep, inspect } from "./inspect.ts";

type Observed = Pick<CheckResult, "got" | "decidedBy" | "evidence"> & { readonly reason?: string };

/** A check by itself, before its control is looked at. Never throws for what a server or client does. */
export async function runCheck(context: CheckContext, id: string, check: Check): Promise<CheckResult> {
  const started = performance.now();
  const { running } = context;
  const observed = await observe(context, id, check);
  const base = {
    mode: running.mode.name,
    check: check.title,
    id: `${running.mode.name}/${id}`,
    as: check.as,
    server: serverOf(running, check),
    driver: check.driver ?? "wire",
    expect: check.expect,
  };
  const { verdict, reason } = judge(context, check, observed);
  const ms = Math.round((performance.now() - started) * 10) / 10;
  return { ...base, ...observed, verdict, ms, ...(reason === undefined ? {} : { reason }) };
}

function judge(
  { running }: CheckContext,
  check: Check,
  observed: Observed,
): { readonly verdict: Verdict; readonly reason?: string } {
  const { got, decidedBy } = observed;
  if (got === check.expect && decidedBy === deciderOf(check.expect)) return { verdict: "pass" };
  const { deviates } = check;
  if (deviates !== undefined && got === deviates.got && !can(running.engine.version, deviates.without))
    return { verdict: "deviates", reason: deviates.because };
  return { verdict: "fail", reason: observed.reason ?? `expected ${check.expect}, got ${got}` };
}

async function observe(context: CheckContext, id: string, check: Check): Promise<Observed> {
  const step = check.step ?? { op: "connect" };
  if (isDialStep(step)) return observeDial(context, check, step);
  if (step.op === "default-trust") return observeTrace(context, check, await context.defaultTrust(id));
  return observeInspection(context, check, step);
}

const DIAL_STEPS: ReadonlySet<Step["op"]> = new Set([
  "connect",
  "before-connect",
  "second-connect",
  "publish",
  "subscribe",
  "request",
  "respond",
  "filter",
  "stream",
]);

function isDialStep(step: Step): step is DialStep {
  return DIAL_STEPS.has(step.op);
}

async function observeDial(context: CheckContext, check: Check, step: DialStep): Promise<Observed> {
  const request = await dialRequest(context, check.driver ?? "wire", check.as, check.but ?? {}, step);
  const { trace } = await dial(request);
  return observeTrace(context, check, trace);
}

async function observeTrace(context: CheckContext, check: Check, trace: Trace): Promise<Observed> {
  const { server, ...classified } = await classifyTrace(
    context.running,
    serverOf(context.running, check),
    trace,
  );
  return { ...classified, evidence: { client: context.running.redact(describeTrace(trace)), server } };
}

function serverOf(running: RunningMode, check: Check): string {
  return check.but?.server ?? running.mode.clients[check.as as "app"]?.server ?? "server";
}

async function observeInspection(context: CheckContext, check: Check, step: InspectStep): Promise<Observed> {
  const { running } = context;
  const { holds, client, server } = await inspect(context, check, step).catch(whatFailed);
  return {
    got: holds ? "ok" : "other",
    decidedBy: "server",
    evidence: { client: running.redact(client), server: server.map(running.redact) },
    ...(holds ? {} : { reason: "it is not as the mode promises" }),
  };
}

/** What stopped an inspection short, such as a server that is gone: found wanting, not a bug of ours. */
function whatFailed(error: unknown): Inspection {
  if (error instanceof SandboxError || codeOf(error) === undefined) throw error;
  return { holds: false, client: messageOf(error), server: [] };
}
