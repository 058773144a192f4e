/** The report as one HTML file: it loads nothing, runs nothing, and opens from disk. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Eta } from "eta";
import type { CheckResult, Report } from "../results.ts";
import { axisOf } from "./html-certificates.ts";
import { adviceOf, breachesByMode, breachOf, promiseOf, worstFirst } from "./meaning.ts";
import { isGoodReport } from "./report.ts";
import { visible } from "./visible.ts";

const VIEWS = fileURLToPath(new URL("../../templates/report", import.meta.url));
const eta = new Eta({
  views: VIEWS,
  autoEscape: true,
  autoTrim: false,
  cache: true,
  rmWhitespace: false,
  autoFilter: true,
  filterFunction: (value) => visible(String(value)),
});

/** So many failed checks are shown in full at the top; the others, often of the same cause, are folded. */
const LARGE = 3;
const SLOWEST = 8;

const SIGNS = { pass: "✓", fail: "✖", inconclusive: "?", deviates: "≠" } as const;
const VERDICTS = {
  pass: "as promised",
  fail: "failed",
  inconclusive: "inconclusive",
  deviates: "known deviation",
  skip: "skipped",
} as const;

/** Renders `templates/report/page.eta`. */
export function html(report: Report): string {
  const style = readFileSync(`${VIEWS}/style.css`, "utf8").replaceAll("\r", ""); // as it is in the file, for its hash
  const hash = createHash("sha256").update(style).digest("base64");
  return eta.render("page.eta", {
    style,
    policy: `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    ...head(report),
    ...broken(report),
    modes: modesOf(report).map((mode) => modeView(mode, report)),
    findings: report.findings,
    slowest: slowest(report.results),
    legend: Object.entries(SIGNS).map(([verdict, sign]) => ({ verdict, sign, says: saysOf(verdict) })),
  });
}

function head(report: Report) {
  const { totals, notStarted, servers, startedAt, ms, tool, engine, configFile } = report;
  const all = totals.pass + totals.fail + totals.inconclusive + totals.deviates;
  const good = isGoodReport(report);
  const versions = [...new Set(servers.map(({ version }) => version))].join(", ");
  const bad = totals.fail + totals.inconclusive;
  const headline = good
    ? totals.deviates === 0
      ? `All ${all} checks are as promised`
      : `${totals.pass} checks are as promised, ${totals.deviates} known to deviate`
    : bad === 0
      ? `${notStarted.length} of ${modesOf(report).length} modes did not start`
      : `${bad} of ${all} checks are not as promised`;
  return {
    good,
    headline,
    counts: [
      ["pass", totals.pass],
      ["fail", totals.fail],
      ["inconclusive", totals.inconclusive],
      ["deviates", totals.deviates],
      ["skip", totals.skip],
    ]
      .filter(([, count]) => count !== 0)
      .map(([verdict = "", count]) => ({ verdict, count, says: saysOf(String(verdict)) })),
    facts: [
      ["nats-server", versions || "none was started"],
      ["engine", engine],
      ["started", `${startedAt.slice(0, 19).replace("T", " ")} UTC`],
      ["took", duration(ms)],
      ["by", tool],
      ...(configFile === undefined ? [] : [["settings", configFile]]),
    ],
  };
}

/** What comes first: what did not start, what failed, and what proves nothing. */
function broken({ results, notStarted }: Report) {
  const bad = worstFirst(results).map(checkView);
  const failed = bad.filter(({ verdict }) => verdict === "fail").slice(0, LARGE);
  return {
    notStarted,
    byMode: breachesByMode(results),
    failed,
    more: bad.slice(failed.length),
  };
}

function modesOf({ servers, notStarted, skipped }: Report): readonly string[] {
  return [...new Set([...servers, ...notStarted, ...skipped].map(({ mode }) => mode))];
}

function modeView(name: string, report: Report) {
  const detail = report.modes.find(({ mode }) => mode === name);
  const own = report.results.filter(({ mode }) => mode === name);
  const bad = worstFirst(own);
  const checks = [...bad, ...own.filter((result) => !bad.includes(result))].map(checkView);
  const skips = report.skipped
    .filter(({ mode }) => mode === name)
    .map(({ id, reason }) => ({ name: id ?? "every check", reason }));
  const good = checks.filter(({ verdict }) => verdict === "pass" || verdict === "deviates").length;
  const error = report.notStarted.find(({ mode }) => mode === name)?.error;
  return {
    name,
    title: detail?.title ?? "",
    why: detail?.why ?? "",
    error,
    versions: report.servers.filter(({ mode }) => mode === name).map(({ id, version }) => `${id} ${version}`),
    bad: error !== undefined || good < checks.length,
    counted: error !== undefined ? "did not start" : checks.length === 0 ? "" : `${good}/${checks.length}`,
    groups: [
      { title: "Gets in", checks: checks.filter(({ expect }) => expect === "ok") },
      { title: "Is turned away", checks: checks.filter(({ expect }) => expect !== "ok") },
    ],
    skips,
    configs: (detail?.configs ?? []).map(({ server, config }) => ({ server, lines: linesOf(config) })),
    axis: axisOf(detail?.certificates ?? [], new Date(report.startedAt)),
  };
}

function checkView(result: CheckResult) {
  return {
    ...result,
    anchor: anchorOf(result.id),
    sign: SIGNS[result.verdict],
    says: saysOf(result.verdict),
    promise: promiseOf(result),
    breach: breachOf(result),
    advice: adviceOf(result),
    took: duration(result.ms),
    why: result.verdict === "deviates" ? result.reason : undefined, // else it is in the breach
  };
}

function saysOf(verdict: string): string {
  return VERDICTS[verdict as keyof typeof VERDICTS];
}

function anchorOf(id: string): string {
  return `check-${id}`;
}

/** A line of a config, and the security mark on it. */
function linesOf(config: string) {
  return config
    .trimEnd()
    .split("\n")
    .map((text) => ({ text, secures: /#\s*sec:/.test(text) }));
}

/** Bars against the slowest one. */
function slowest(results: readonly CheckResult[]) {
  const ranked = [...results].sort((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  const most = ranked[0]?.ms || 1;
  return ranked.map(({ id, check, ms }) => ({
    id,
    check,
    anchor: anchorOf(id),
    took: duration(ms),
    width: `${Math.max(1, (ms / most) * 100).toFixed(1)}%`,
  }));
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
