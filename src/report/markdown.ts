/** The report as GitHub-flavoured Markdown: for a comment on a pull request, or the summary of a job. */
import type { CheckResult, Report } from "../results.ts";
import { adviceOf, breachesByMode, breachOf, promiseOf, worstFirst } from "./meaning.ts";
import { isGoodReport } from "./report.ts";
import { escapeMarkup, visibleLine } from "./visible.ts";

export function markdown(report: Report): string {
  const parts = [
    heading(report),
    ...report.notStarted.map(({ mode, error }) => `**${plain(mode)} did not start**\n\n${quoted(error)}`),
    byMode(report),
    ...worstFirst(report.results).map(failure),
    table(report),
    deviations(report),
    skips(report),
    findings(report),
    footer(report),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function heading(report: Report): string {
  const { totals, notStarted } = report;
  const all = totals.pass + totals.fail + totals.inconclusive + totals.deviates;
  const good = totals.pass + totals.deviates;
  const title = isGoodReport(report)
    ? `✅ NATS security: ${totals.deviates === 0 ? "all " : ""}${totals.pass} checks as promised`
    : `❌ NATS security: ${good} of ${all} checks as promised`;
  const counts = [
    [totals.fail, "failed"],
    [totals.inconclusive, "inconclusive"],
    [notStarted.length, notStarted.length === 1 ? "mode did not start" : "modes did not start"],
    [totals.deviates, "known to deviate"],
    [totals.skip, "skipped"],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return [`## ${title}`, ...(counts.length === 0 ? [] : [counts.join(" · ")])].join("\n\n");
}

function byMode({ results }: Report): string {
  return breachesByMode(results)
    .map(({ mode, text }) => `- ${code(mode)}: **${text}**`)
    .join("\n");
}

/** Open: what broke, why, what to do. Behind a click: what both sides said. */
function failure(result: CheckResult): string {
  const { id, check, expect, got, as, driver, verdict, evidence } = result;
  const sign = verdict === "fail" ? "❌" : "❔";
  const server = evidence.server.length === 0 ? ["logged nothing"] : evidence.server;
  const said = [`client  ${evidence.client}`, ...server.map((line) => `server  ${line}`)];
  return [
    `### ${sign} ${plain(id)}: ${plain(check)}`,
    `- **Promise:** ${plain(promiseOf(result))}`,
    `- **What happened:** ${plain(breachOf(result))} Expected ${code(expect)}, got ${code(got)}.`,
    `- **What to do:** ${plain(adviceOf(result))}`,
    "",
    `<details><summary>What both sides saw (${markup(`${as}, by ${driver}`)})</summary>`,
    "",
    quoted(said.join("\n")),
    "",
    "</details>",
  ].join("\n");
}

function table({ servers, results, skipped, notStarted }: Report): string {
  const modes = [...new Set([...servers, ...notStarted, ...skipped].map(({ mode }) => mode))];
  const rows = modes.map((mode) => {
    const own = results.filter((result) => result.mode === mode);
    const count = (verdict: string) => own.filter((result) => result.verdict === verdict).length;
    const started = notStarted.every((one) => one.mode !== mode);
    const good = started && count("fail") + count("inconclusive") === 0;
    const versions = servers.filter((server) => server.mode === mode).map(({ version }) => version);
    const skips = skipped.filter((skip) => skip.mode === mode).length;
    const counts = [count("pass"), count("fail"), count("inconclusive"), count("deviates"), skips];
    const version = started ? [...new Set(versions)].join(", ") : "did not start";
    return `| ${good ? "✅" : "❌"} ${code(mode)} | ${counts.join(" | ")} | ${plain(version)} |`;
  });
  const head = "| mode | pass | fail | inconclusive | deviates | skipped | nats-server |";
  return rows.length === 0 ? "" : [head, "|---|---:|---:|---:|---:|---:|---|", ...rows].join("\n");
}

function deviations({ results }: Report): string {
  const deviating = results.filter(({ verdict }) => verdict === "deviates");
  const lines = deviating.map(
    ({ id, check, reason }) => `- ${code(id)} ${plain(`${check}: ${reason ?? ""}`)}`,
  );
  return folded("Known deviations of this server version", lines);
}

function skips({ skipped }: Report): string {
  const lines = skipped.map(({ mode, id, reason }) => `- ${code(id ?? mode)}: ${plain(reason)}`);
  return folded("Skipped", lines);
}

function findings(report: Report): string {
  const lines = report.findings.map(
    ({ driver, title, text }) => `- ${plain(`${driver}, ${title}: ${text}`)}`,
  );
  return folded("What clients do today (recorded, not judged)", lines);
}

function folded(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return [`<details><summary>${title}: ${lines.length}</summary>`, "", ...lines, "", "</details>"].join("\n");
}

function footer({ tool, engine, startedAt, ms }: Report): string {
  return `<sub>${plain(`${tool} · ${engine} engine · ${startedAt} · ${(ms / 1000).toFixed(1)} s`)}</sub>`;
}

// ---- text that is not ours ----------------------------------------------------------------------------------------

/** Shown as it is: neither markup, nor a link, nor a mention of somebody, nor the end of a cell of a table. */
function plain(text: string): string {
  return markup(text)
    .replaceAll(/[\\`*_{}[\]()!+|~$]|#(?!\d+;)/g, "\\$&")
    .replaceAll("://", ":&#47;/");
}

/** What GitHub makes a mention, a reference or a link of, whatever stands before it: a space without width takes it apart. */
const CALLS = /@|#(?=\d)|\bGH-(?=\d)|www(?=\.)/gi;

/** The same where only markup is read, within a line that begins with it. */
function markup(text: string): string {
  const calm = visibleLine(text).replaceAll(CALLS, "$&\u200b");
  return escapeMarkup(calm).replaceAll("\u200b", "&#8203;");
}

/** In the type of code, without backticks: these could be in the text. */
function code(text: string): string {
  return `<code>${plain(text)}</code>`;
}

/** A block of lines, none of them empty: not every reader of Markdown has it go on after one. */
function quoted(text: string): string {
  const lines = text.split("\n").map((line) => escapeMarkup(visibleLine(line)));
  return `<pre>${lines.map((line) => line || " ").join("\n")}</pre>`;
}
