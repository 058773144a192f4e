/** Starts modes for a program: whole or not at all, silent, and gone when the program lets go of them. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { CheckOptions } from "../check/check.ts";
import { type Environment, environmentOfModes } from "../env.ts";
import { asSandboxError, SandboxError } from "../errors.ts";
import type { EngineName, Mode } from "../model.ts";
import type { ModeName } from "../modes/all.gen.ts";
import { nearest } from "../nearest.ts";
import type { Report, SandboxEvent, Skip } from "../results.ts";
import { startSandbox as openSandbox, type Sandbox, type SandboxOptions } from "../sandbox.ts";
import { type Ending, openEnding } from "./ending.ts";
import { homeFor } from "./home.ts";
import { HeldMode, type SandboxMode } from "./mode.ts";
import {
  checkOptions,
  type ModeArgument,
  type ModesArgument,
  modeOf,
  modesOf,
  type StartOptions,
} from "./options.ts";

/** A mode in a sandbox of its own. */
export interface StartedMode extends SandboxMode, AsyncDisposable {
  /**
   * Runs every check of the mode against its servers, which takes about half a second. With JetStream they are restarted
   * on the way: what a restart keeps is one of the checks. `renderReport` makes a page or a file of the result.
   */
  check(options?: CheckOptions): Promise<Report>;
  /** Stops its servers and deletes what was written. */
  stop(): Promise<void>;
}

/** Several modes, started side by side. */
export interface StartedSandbox extends AsyncDisposable {
  readonly name: string;
  /** Folder with all that was written, readable by the user alone. */
  readonly dir: string;
  readonly engine: EngineName;
  readonly modes: readonly SandboxMode[];
  /** Modes that were left out because this nats-server cannot run them, and why. */
  readonly skipped: readonly Skip[];
  /** @throws SandboxError `not-up` */
  mode(name: ModeName | (string & {})): SandboxMode;
  /** The variables of each mode's `app`: the first one's as they are, and each one's again as `NATS_SANDBOX_<MODE>_…`. */
  environment(): Environment;
  /** Runs every check of all modes, see `StartedMode.check`. */
  check(options?: CheckOptions): Promise<Report>;
  /** Stops all servers and deletes what was written. */
  stop(): Promise<void>;
}

/**
 * Brings one mode up, in a sandbox of its own.
 *
 * ```ts
 * await using nats = await startMode("tls-verify");
 * const nc = await connect(nats.connectionOptions());
 * ```
 * @throws SandboxError with the server's own reason where it did not start; nothing is left running then
 */
export async function startMode(mode: ModeArgument, options: StartOptions = {}): Promise<StartedMode> {
  const held = await start([modeOf(mode, options)], options);
  const [one] = held.modes;
  if (one === undefined) throw new SandboxError("bug", "a mode that is neither up nor failed");
  const { check, stop } = held;
  return Object.assign(one, { check, stop, [Symbol.asyncDispose]: stop });
}

/**
 * Brings several modes up side by side.
 *
 * ```ts
 * await using sandbox = await startSandbox(["tls", "user-pass"]);
 * sandbox.mode("tls").connectionOptions();
 * ```
 * @throws SandboxError of the first mode that did not start; the others are stopped then
 */
export async function startSandbox(
  modes: readonly ModesArgument[],
  options: StartOptions = {},
): Promise<StartedSandbox> {
  return start(modesOf(modes, options), options);
}

interface Held extends StartedSandbox {
  readonly modes: readonly HeldMode[];
}

async function start(modes: readonly Mode[], options: StartOptions): Promise<Held> {
  const { stopOn = [], signal, ...rest } = options;
  checkOptions(rest);
  const ending = openEnding(stopOn, signal);
  const held = new Map<string, HeldMode>();
  try {
    const sandbox = await openSandbox(modes, sandboxOptions(rest, ending.signal, held));
    try {
      if (sandbox.failed[0] !== undefined) throw sandbox.failed[0].error;
      for (const running of sandbox.running) held.set(running.mode.name, new HeldMode(running, sandbox));
      ending.signal.throwIfAborted();
    } catch (error) {
      await sandbox.stop();
      throw ending.signal.aborted ? error : asSandboxError(error);
    }
    return hold(sandbox, [...held.values()], ending);
  } catch (error) {
    ending.done();
    throw error;
  }
}

function sandboxOptions(
  options: Omit<StartOptions, "stopOn" | "signal">,
  signal: AbortSignal,
  held: ReadonlyMap<string, HeldMode>,
): SandboxOptions {
  const { onEvent, jetstream: _, home, name, identity, ...rest } = options;
  const lasting = identity === "lasting";
  const emit = (event: SandboxEvent) => {
    if (event.type === "phase" && event.phase === "lost") void held.get(event.mode)?.hasLostOne();
    try {
      onEvent?.(event);
    } catch (error) {
      process.nextTick(() => {
        throw error; // as an EventTarget does it: a listener is no part of what it listens to
      });
    }
  };
  return {
    ...rest,
    home: homeFor(home),
    name: name ?? (lasting ? "default" : `program-${randomBytes(6).toString("hex")}`),
    emit,
    onProgress: (text) => emit({ type: "note", text }),
    signal,
    ...(lasting ? { identity: "lasting" as const } : {}),
  };
}

function hold(sandbox: Sandbox, modes: readonly HeldMode[], ending: Ending): Held {
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= sandbox.stop().finally(() => ending.done()));
  ending.signal.addEventListener("abort", () => void stop().catch(() => {})); // told to whoever stops it, too
  return {
    name: sandbox.name,
    dir: sandbox.dir,
    engine: sandbox.engine.name,
    modes,
    skipped: sandbox.skipped,
    mode: (name) =>
      modes.find((one) => one.name === name || one.mode.aliases?.includes(name)) ?? notUp(name, modes),
    environment: () =>
      environmentOfModes(
        modes.map((one) => ({ mode: one.name, connection: one.connection(), files: one.files() })),
      ),
    async check(how = {}) {
      const { checkSandbox } = await import("../check/check-sandbox.ts");
      return checkSandbox(sandbox, { ...how, version: ownVersion() }).catch((error) => {
        if (stopped === undefined) throw asSandboxError(error);
        throw new SandboxError("aborted", "the sandbox was stopped while it was checked", { cause: error });
      });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function ownVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

function notUp(name: string, modes: readonly HeldMode[]): never {
  const names = modes.map((one) => one.name);
  const near = nearest(name, names);
  throw new SandboxError("not-up", `the sandbox has no mode ${JSON.stringify(name)}`, {
    detail: near === undefined ? `it has: ${names.join(", ")}` : `did you mean ${near}?`,
    fix: "name it when the sandbox is started",
  });
}
