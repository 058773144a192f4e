/** The report of a check as data: the JSON of `check --json`, schema 1. */
import type { EngineName } from "../model.ts";
import type { CheckResult, FindingResult, Report, Skip, Totals } from "../results.ts";

export interface ReportInput {
  readonly tool: string;
  readonly engine: EngineName;
  readonly startedAt: Date;
  readonly ms: number;
  readonly servers: Report["servers"];
  readonly results: readonly CheckResult[];
  readonly findings: readonly FindingResult[];
  readonly skipped: readonly Skip[];
}

export function buildReport(input: ReportInput): Report {
  return {
    schema: 1,
    ...input,
    startedAt: input.startedAt.toISOString(),
    ms: Math.round(input.ms),
    totals: totalsOf(input.results, input.skipped),
  };
}

export function totalsOf(results: readonly CheckResult[], skipped: readonly Skip[]): Totals {
  const count = (verdict: string) => results.filter((result) => result.verdict === verdict).length;
  return {
    pass: count("pass"),
    fail: count("fail"),
    inconclusive: count("inconclusive"),
    deviates: count("deviates"),
    skip: skipped.length,
  };
}
