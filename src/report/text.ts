/** Text for people: the table of modes, failed checks with both sides' words, findings and skips. */
import type { CheckResult, FindingResult, Phase, Skip } from "../results.ts";

/** How text is dressed; every function returns its argument where colours are off. */
export interface Style {
  readonly green: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** One row of the table. */
export interface ModeRow {
  readonly mode: string;
  readonly phase: Phase;
  readonly url: string;
  /** Checks in the mode's data that this run can make. */
  readonly expected: number;
  readonly results: readonly CheckResult[];
  /** Why it did not start. */
  readonly error?: string;
}

const SIGNS: Readonly<Record<Phase, string>> = {
  waiting: "·",
  starting: "…",
  ready: "…",
  checking: "…",
  checked: "✔",
  failed: "✖",
  lost: "✖",
};

/** Columns of a mode's sign, and of its count of checks. */
const SIGN = 4;
const CHECKS = 8;

/** The table, a line a mode, within `width` columns. */
export function modeTable(rows: readonly ModeRow[], style: Style, width: number): readonly string[] {
  const name = Math.max(4, ...rows.map((row) => row.mode.length)) + 2;
  const url = Math.max(3, ...rows.map((row) => row.url.length)) + 2;
  // A line that the terminal wraps cannot be redrawn in place: a narrow one goes without the URLs.
  const shown = SIGN + name + url + CHECKS <= width;
  const all = shown ? rows : rows.map((row) => ({ ...row, url: "" }));
  const column = shown ? url : 0;
  const head = `  ${"MODE".padEnd(name + 2)}${shown ? "URL".padEnd(url) : ""}CHECKS`;
  return [style.dim(head), ...all.map((row) => modeLine(row, name, column, style, width))];
}

function modeLine(row: ModeRow, name: number, url: number, style: Style, width: number): string {
  const good = row.results.filter(({ verdict }) => verdict === "pass" || verdict === "deviates").length;
  const bad = row.phase === "failed" || row.phase === "lost" || good < row.results.length;
  const sign = bad
    ? style.red("✖")
    : row.phase === "checked"
      ? style.green(SIGNS.checked)
      : style.dim(SIGNS[row.phase]);
  const checks = row.phase === "checking" || row.phase === "checked" ? `${good}/${row.expected}` : "";
  const start = `  ${sign} ${row.mode.padEnd(name)}${row.url.padEnd(url)}${checks.padEnd(CHECKS)}`;
  const room = width - (SIGN + name + url + CHECKS);
  const remark = clip(remarkOf(row), room);
  return `${start}${bad ? style.red(remark) : style.dim(remark)}`.trimEnd();
}

function remarkOf({ phase, results, error }: ModeRow): string {
  if (error !== undefined) return error;
  if (phase === "lost") return "its server ended by itself";
  if (phase !== "checked") return phase === "waiting" || phase === "checking" ? "" : phase;
  const failed = results.filter(({ verdict }) => verdict === "fail" || verdict === "inconclusive").length;
  if (failed > 0) return `${failed} not as promised`;
  const refused = results.filter(({ expect }) => expect !== "ok").length;
  return refused === 0 ? "everyone gets in" : `${refused} turned away`;
}

function clip(text: string, room: number): string {
  if (room <= 1) return "";
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

/** A check that is not as promised: what was expected, what each side said, and why. */
export function failureText(result: CheckResult, style: Style): readonly string[] {
  const { evidence } = result;
  return [
    `${style.red("✖")} ${style.bold(result.id)}  ${result.check}${result.driver === "wire" ? "" : ` (${result.driver})`}`,
    `    expected  ${result.expect}`,
    `    got       ${result.got}${result.verdict === "inconclusive" ? "  (inconclusive)" : ""}`,
    `    client    ${evidence.client}`,
    ...(evidence.server.length === 0
      ? ["    server    logged nothing"]
      : evidence.server.map((line) => `    server    ${line}`)),
    `    why       ${result.reason ?? "unknown"}`,
  ];
}

export function deviationText(result: CheckResult, style: Style): string {
  return `${style.yellow("≠")} ${result.id}  ${result.check}: ${result.reason}`;
}

/** What drivers do today, a line each, wrapped to `width` columns. */
export function findingTexts(
  findings: readonly FindingResult[],
  style: Style,
  width: number,
): readonly string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap(({ driver, title, text }) => {
    const [first = "", ...more] = wrap(`${driver}, ${title}: ${text}`, width - 4);
    return [`  ${style.yellow("!")} ${first}`, ...more.map((line) => `    ${line}`)];
  });
  return [style.dim("  What clients do today (recorded, not judged)"), ...lines];
}

/** Breaks a text at spaces into lines of at most `width` columns. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Skips, those of one reason on one line. */
export function skipTexts(skipped: readonly Skip[], style: Style): readonly string[] {
  return [...groupByReason(skipped)].map(([reason, skips]) => {
    const names = skips.map((skip) => skip.id ?? skip.mode);
    const shown =
      names.length > 3
        ? `${names.length} checks and findings of ${[...new Set(skips.map(({ mode }) => mode))].join(", ")}`
        : names.join(", ");
    return `${style.yellow("-")} skipped: ${shown} (${reason})`;
  });
}

function groupByReason(skipped: readonly Skip[]): Map<string, Skip[]> {
  const groups = new Map<string, Skip[]>();
  for (const skip of skipped) groups.set(skip.reason, [...(groups.get(skip.reason) ?? []), skip]);
  return groups;
}
