/** The report as JUnit XML, in the order and with the attributes that Jenkins and GitLab read. */
import type { CheckResult, Report, Skip } from "../results.ts";
import { breachOf, promiseOf } from "./meaning.ts";
import { escapeMarkup, visible, visibleLine } from "./visible.ts";

type Attributes = Readonly<Record<string, string | number>>;

/** One `<testcase>`. */
interface Case {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: "passed" | "failed" | "error" | "skipped";
  readonly children: readonly string[];
}

/** A suite a mode, a case a check. An inconclusive check and a mode that did not start are errors, not failures. */
export function junit(report: Report): string {
  const suites = modesOf(report).map((mode) => ({ mode, cases: casesOf(mode, report) }));
  const all = suites.flatMap(({ cases }) => cases);
  const { skipped: _, ...counts } = countsOf(all); // this element has no such attribute
  const inner = suites.flatMap(({ mode, cases }) => suite(mode, cases, report));
  const root = { name: "nats-sandbox", ...counts, time: inSeconds(report.ms / 1000) };
  return `${['<?xml version="1.0" encoding="UTF-8"?>', ...element("testsuites", root, inner)].join("\n")}\n`;
}

function modesOf({ servers, results, skipped, notStarted }: Report): readonly string[] {
  return [...new Set([...servers, ...results, ...notStarted, ...skipped].map(({ mode }) => mode))];
}

function suite(mode: string, cases: readonly Case[], report: Report): readonly string[] {
  const properties = propertiesOf(mode, report).map(
    ([name, value]) => `<property${written({ name, value })}/>`,
  );
  const attributes = {
    name: mode,
    ...countsOf(cases),
    time: inSeconds(cases.reduce((sum, { seconds }) => sum + seconds, 0)),
    timestamp: report.startedAt.slice(0, 19), // some readers take no fraction and no zone
  };
  const inner = cases.flatMap(({ name, seconds, children }) =>
    element("testcase", { classname: `nats-sandbox.${mode}`, name, time: inSeconds(seconds) }, children),
  );
  return element("testsuite", attributes, [...element("properties", {}, properties), ...inner]);
}

function propertiesOf(mode: string, report: Report): readonly (readonly [string, string])[] {
  const servers = report.servers.filter((server) => server.mode === mode);
  return [
    ["tool", report.tool],
    ["engine", report.engine],
    ...servers.map(({ id, version }) => [`nats-server.${id}`, version] as const),
  ];
}

function countsOf(cases: readonly Case[]) {
  const count = (outcome: Case["outcome"]) => cases.filter((one) => one.outcome === outcome).length;
  return {
    tests: cases.length,
    failures: count("failed"),
    errors: count("error"),
    skipped: count("skipped"),
  };
}

function casesOf(mode: string, { results, skipped, notStarted }: Report): readonly Case[] {
  const own = results.filter((result) => result.mode === mode);
  return [
    ...notStarted.filter((one) => one.mode === mode).map(({ error }) => notStartedCase(error)),
    ...own.map((result) => caseOf(result, own)),
    ...skipped.filter((skip) => skip.mode === mode).map(skippedCase),
  ];
}

function caseOf(result: CheckResult, all: readonly CheckResult[]): Case {
  const { check, id, ms, verdict } = result;
  const twice = all.filter((other) => other.check === check).length > 1;
  const common = { name: twice ? `${check} (${id})` : check, seconds: ms / 1000 };
  if (verdict === "pass") return { ...common, outcome: "passed", children: [] };
  const said = both(result);
  if (verdict === "deviates")
    return { ...common, outcome: "passed", children: block("system-out", {}, said) };
  const message = `${promiseOf(result)} ${breachOf(result)}`;
  const [tag, outcome] =
    verdict === "fail" ? (["failure", "failed"] as const) : (["error", "error"] as const);
  return { ...common, outcome, children: block(tag, { message, type: result.got }, said) };
}

function notStartedCase(error: string): Case {
  const children = block("error", { message: error, type: "start-failed" }, error);
  return { name: "the server starts", seconds: 0, outcome: "error", children };
}

function skippedCase({ mode, id, reason }: Skip): Case {
  const name = id === undefined ? "every check" : id.slice(mode.length + 1);
  return { name, seconds: 0, outcome: "skipped", children: [`<skipped${written({ message: reason })}/>`] };
}

/** What was expected, and what each side said. */
function both({ id, as, driver, expect, got, decidedBy, evidence, reason }: CheckResult): string {
  return [
    `check     ${id}`,
    `dialled   as ${as}, by ${driver}`,
    `expected  ${expect}`,
    `got       ${got}, decided by the ${decidedBy}`,
    `client    ${evidence.client}`,
    ...(evidence.server.length === 0 ? ["logged nothing"] : evidence.server).map(
      (line) => `server    ${line}`,
    ),
    ...(reason === undefined ? [] : [`why       ${reason}`]),
  ].join("\n");
}

// ---- XML --------------------------------------------------------------------------------------------------------

function element(name: string, attributes: Attributes, inner: readonly string[]): readonly string[] {
  const open = `${name}${written(attributes)}`;
  return inner.length === 0
    ? [`<${open}/>`]
    : [`<${open}>`, ...inner.map((line) => `  ${line}`), `</${name}>`];
}

/** An element whose text stands as it is, from the first line on. */
function block(name: string, attributes: Attributes, content: string): readonly string[] {
  return [`<${name}${written(attributes)}>${text(content)}</${name}>`];
}

function written(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeMarkup(visibleLine(String(value)))}"`)
    .join("");
}

function text(content: string): string {
  return escapeMarkup(visible(content));
}

function inSeconds(seconds: number): string {
  return seconds.toFixed(3);
}
