/** What checks come to, and what is told while they run: the data behind every report. */
import type { DriverName, EngineName, Fault, Refusal, Side } from "./model.ts";

export type Verdict = "pass" | "fail" | "inconclusive" | "deviates";

/** The passed check and the failed one have the same shape. */
export interface CheckResult {
  readonly mode: string;
  /** The check's title. */
  readonly check: string;
  /** `<mode>/<check id>`, stable. */
  readonly id: string;
  readonly as: string;
  readonly server: string;
  readonly driver: DriverName;
  readonly expect: "ok" | Refusal;
  readonly got: "ok" | Refusal | Fault;
  readonly decidedBy: Side;
  readonly verdict: Verdict;
  readonly ms: number;
  /** What each side said, redacted. */
  readonly evidence: { readonly client: string; readonly server: readonly string[] };
  /** Why the verdict is not `pass`, or the documented deviation. */
  readonly reason?: string;
}

/** A mode or a check that was not run, and why. */
export interface Skip {
  readonly mode: string;
  readonly id?: string;
  readonly reason: string;
  /** Name by which an absence is allowed or required (`--require natscli`); absent for what the server version lacks. */
  readonly missing?: string;
}

export interface FindingResult {
  readonly mode: string;
  readonly id: string;
  readonly title: string;
  readonly driver: string;
  readonly text: string;
  readonly evidence: { readonly client: string; readonly server: readonly string[] };
}

export type Totals = Readonly<Record<Verdict | "skip", number>>;

/** `check --json`, schema 1. */
export interface Report {
  readonly schema: 1;
  readonly tool: string;
  readonly engine: EngineName;
  readonly startedAt: string;
  readonly ms: number;
  readonly servers: readonly { readonly mode: string; readonly id: string; readonly version: string }[];
  readonly results: readonly CheckResult[];
  readonly findings: readonly FindingResult[];
  readonly skipped: readonly Skip[];
  readonly totals: Totals;
}

export type Phase = "waiting" | "starting" | "ready" | "checking" | "checked" | "failed" | "lost";

export type SandboxEvent =
  | { readonly type: "note"; readonly text: string }
  | { readonly type: "phase"; readonly mode: string; readonly phase: Phase; readonly url?: string }
  | { readonly type: "check"; readonly result: CheckResult }
  | { readonly type: "skip"; readonly skip: Skip };
