/** The library's face. Silent, without signal handlers and global state; what it throws is a `SandboxError`. */
export { type CheckOptions, type CheckOutcome, checkModes } from "./check/check.ts";
export type { EngineOptions } from "./engines/choose.ts";
export type { Engine, Server } from "./engines/engine.ts";
export { type ErrorCode, SandboxError } from "./errors.ts";
export type { HandedOut } from "./handed-out.ts";
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
export type { RunningMode } from "./running/running.ts";
export { type Sandbox, type SandboxOptions, startSandbox } from "./sandbox.ts";
