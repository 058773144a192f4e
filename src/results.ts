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

/** A mode that did not start, and why, redacted. */
export interface NotStarted {
  readonly mode: string;
  readonly error: string;
}

/** A certificate of a mode, for whoever reads the report later: dates are ISO 8601. */
export interface CertificateDetail {
  /** `ca`, or its name in the mode. */
  readonly name: string;
  /** Who shows it; `check`: only the wrong clients and servers of checks. */
  readonly use: "ca" | "server" | "client" | "check";
  readonly subject: string;
  readonly issuer: string;
  /** Did the mode's CA sign it? */
  readonly signed: boolean;
  readonly names: readonly string[];
  readonly extendedKeyUsage: readonly string[];
  readonly key: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly sha256: string;
}

/** What a mode that was checked is made of. */
export interface ModeDetail {
  readonly mode: string;
  readonly title: string;
  /** What it proves, in a sentence. */
  readonly why: string;
  /** The configs of its servers, their secrets masked. */
  readonly configs: readonly { readonly server: string; readonly config: string }[];
  readonly certificates: readonly CertificateDetail[];
}

export type Totals = Readonly<Record<Verdict | "skip", number>>;

/** `check --json`, schema 1. */
export interface Report {
  readonly schema: 1;
  readonly tool: string;
  /** `auto` when the run ended before one was chosen. */
  readonly engine: EngineName | "auto";
  readonly startedAt: string;
  readonly ms: number;
  /** The nats-sandbox.yaml that was read, from the working directory; for SARIF from the root of the repository. */
  readonly configFile?: string;
  readonly servers: readonly { readonly mode: string; readonly id: string; readonly version: string }[];
  readonly results: readonly CheckResult[];
  readonly findings: readonly FindingResult[];
  readonly skipped: readonly Skip[];
  readonly notStarted: readonly NotStarted[];
  readonly totals: Totals;
  readonly modes: readonly ModeDetail[];
}

export type Phase = "waiting" | "starting" | "ready" | "checking" | "checked" | "failed" | "lost";

export type SandboxEvent =
  | { readonly type: "note"; readonly text: string }
  | {
      readonly type: "phase";
      readonly mode: string;
      readonly phase: Phase;
      readonly url?: string;
      readonly error?: string;
    }
  | { readonly type: "check"; readonly result: CheckResult }
  | { readonly type: "skip"; readonly skip: Skip };
