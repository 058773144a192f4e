/** Results of checks as reports get them, to be varied by tests. */
import type { ModeRow, Style } from "../report/text.ts";
import type { CheckResult, FindingResult, Verdict } from "../results.ts";

export function checkResult(more: Partial<CheckResult> = {}): CheckResult {
  return {
    mode: "token",
    check: "a wrong token",
    id: "token/wrong",
    as: "app",
    server: "server",
    driver: "wire",
    expect: "login",
    got: "login",
    decidedBy: "server",
    verdict: "pass",
    ms: 1.2,
    evidence: { client: "-ERR 'Authorization Violation'", server: ["[ERR] authentication error"] },
    ...more,
  };
}

export function resultsOf(verdicts: readonly Verdict[]): readonly CheckResult[] {
  return verdicts.map((verdict) => checkResult({ verdict }));
}

export function finding(more: Partial<FindingResult> = {}): FindingResult {
  return {
    mode: "token",
    id: "token/url-nats-js",
    title: "a token in the URL",
    driver: "nats.js 3.4.0",
    text: "takes no token from a URL: pass it as an option",
    evidence: { client: "", server: [] },
    ...more,
  };
}

export function row(more: Partial<ModeRow> = {}): ModeRow {
  return {
    mode: "user-pass-bcrypt",
    phase: "checked",
    url: "nats://localhost:41231",
    expected: 1,
    results: resultsOf(["pass"]),
    ...more,
  };
}

const same = (text: string) => text;

export const PLAIN: Style = { green: same, red: same, yellow: same, dim: same, bold: same };

/** Shows how a text is dressed: `<red>…</red>`. */
export const TAGS: Style = {
  green: (text) => `<green>${text}</green>`,
  red: (text) => `<red>${text}</red>`,
  yellow: (text) => `<yellow>${text}</yellow>`,
  dim: (text) => `<dim>${text}</dim>`,
  bold: (text) => `<bold>${text}</bold>`,
};
