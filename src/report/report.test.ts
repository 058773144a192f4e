import { expect, it, test } from "vitest";
import type { Verdict } from "../results.ts";
import { checkResult, finding, resultsOf } from "../testing/results.ts";
import { buildReport, isGoodReport, totalsOf } from "./report.ts";

const NONE = { pass: 0, fail: 0, inconclusive: 0, deviates: 0, skip: 0 };

test.each<[readonly Verdict[], number, object]>([
  [[], 0, NONE],
  [["pass", "pass"], 0, { ...NONE, pass: 2 }],
  [["fail"], 0, { ...NONE, fail: 1 }],
  [["inconclusive", "pass"], 1, { ...NONE, inconclusive: 1, pass: 1, skip: 1 }],
  [["deviates", "deviates", "fail"], 2, { ...NONE, deviates: 2, fail: 1, skip: 2 }],
])("%j and %i skips", (verdicts, skips, expected) => {
  const skipped = Array.from({ length: skips }, () => ({ mode: "token", reason: "needs more" }));
  expect(totalsOf(resultsOf(verdicts), skipped)).toEqual(expected);
});

test.each([
  ["nothing but passes", { pass: 2 }, 0, true],
  ["a known deviation", { pass: 1, deviates: 1 }, 0, true],
  ["a skip", { pass: 1, skip: 1 }, 0, true],
  ["a failure", { pass: 1, fail: 1 }, 0, false],
  ["a check that proves nothing", { pass: 1, inconclusive: 1 }, 0, false],
  ["a mode that did not start", { pass: 1 }, 1, false],
])("a run with %s", (_, some, failedStarts, good) => {
  const notStarted = Array.from({ length: failedStarts }, () => ({ mode: "tls", error: "no such file" }));
  expect(isGoodReport({ totals: { ...NONE, ...some }, notStarted })).toBe(good);
});

it("is the document of schema 1: what it was given, and the totals of that", () => {
  const input = {
    tool: "nats-sandbox 1.2.3",
    engine: "process",
    startedAt: new Date(Date.UTC(2026, 10, 24, 6, 0, 1, 5)),
    ms: 640.4999,
    servers: [{ mode: "token", id: "server", version: "2.15.1" }],
    results: [checkResult(), checkResult({ verdict: "fail", got: "ok", reason: "expected login, got ok" })],
    findings: [finding()],
    skipped: [{ mode: "token", id: "token/x", reason: "needs the nats CLI on PATH", missing: "natscli" }],
    notStarted: [{ mode: "tls", error: "no such file" }],
    modes: [],
  } as const;
  const report = buildReport(input);
  expect(JSON.parse(JSON.stringify(report))).toEqual({
    ...input,
    schema: 1,
    startedAt: "2026-11-24T06:00:01.005Z",
    ms: 640,
    totals: { ...NONE, pass: 1, fail: 1, skip: 1 },
  });
  expect(Object.keys(report)[0]).toBe("schema");
});
