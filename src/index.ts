/** The library's face. Silent, without signal handlers and global state; what it throws is a `SandboxError`. */
export type { CheckOptions } from "./check/check.ts";
export type { NatsOptions } from "./dial/nats-js-options.ts";
export type { ClientFiles, Environment } from "./env.ts";
export { type ErrorCode, SandboxError } from "./errors.ts";
export type { SandboxMode } from "./library/mode.ts";
export type { ModeArgument, ModesArgument, StartOptions } from "./library/options.ts";
export { type StartedMode, type StartedSandbox, startMode, startSandbox } from "./library/start.ts";
export type { Twin } from "./library/twin.ts";
export type {
  Check,
  ClientSpec,
  Connection,
  EngineName,
  Fault,
  Finding,
  GroupName,
  KeyPair,
  KeyType,
  Login,
  Mode,
  Refusal,
  Step,
} from "./model.ts";
export { MODES, type ModeName } from "./modes/all.gen.ts";
export { keyStore, trustStore } from "./pki/pkcs12.ts";
export { type ReportFormat, renderReport } from "./report/formats.ts";
export type {
  CheckResult,
  FindingResult,
  Phase,
  Report,
  SandboxEvent,
  Skip,
  Totals,
  Verdict,
} from "./results.ts";
export type { Renewal } from "./running/running.ts";
