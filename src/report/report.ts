/** The report of a check as data: the JSON of `check --json`, schema 1. */
import type { CheckResult, Report, Skip, Totals } from "../results.ts";

export interface ReportInput extends Omit<Report, "schema" | "startedAt" | "totals"> {
  readonly startedAt: Date;
}

export function buildReport({ modes, ...input }: ReportInput): Report {
  return {
    schema: 1,
    ...input,
    startedAt: input.startedAt.toISOString(),
    ms: Math.round(input.ms),
    totals: totalsOf(input.results, input.skipped),
    modes, // the longest comes last
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

/** Everything that keeps a run from being good. */
export function isGoodReport({ totals, notStarted }: Pick<Report, "totals" | "notStarted">): boolean {
  return notStarted.length === 0 && totals.fail === 0 && totals.inconclusive === 0;
}
