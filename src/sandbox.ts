/** A sandbox: a named set of running modes with one state directory and one owner. */
import { resolve } from "node:path";
import { chooseEngine, type EngineOptions } from "./engines/choose.ts";
import type { Engine } from "./engines/engine.ts";
import { SandboxError } from "./errors.ts";
import { type HandedOut, writeHandedOut } from "./handed-out.ts";
import type { KeyType, Mode } from "./model.ts";
import { hostNames } from "./pki/hosts.ts";
import { loadCatalogue } from "./pki/profiles.ts";
import type { SandboxEvent, Skip } from "./results.ts";
import { type RunningMode, startMode } from "./running.ts";
import { can, firstVersion } from "./server/capabilities.ts";
import { openState, type StateDir, sweepDead } from "./state/state.ts";

export interface SandboxOptions extends EngineOptions {
  /** Directory that holds all sandboxes, see `stateHome`. */
  readonly home: string;
  readonly name: string;
  readonly hosts?: readonly string[];
  readonly keyType?: KeyType;
  /** Open the monitoring port too, on loopback. */
  readonly monitor?: boolean;
  readonly emit?: (event: SandboxEvent) => void;
}

export interface Sandbox extends AsyncDisposable {
  readonly name: string;
  readonly dir: string;
  readonly engine: Engine;
  readonly running: readonly RunningMode[];
  /** Modes that did not start, and why. */
  readonly failed: readonly { readonly mode: Mode; readonly error: SandboxError }[];
  readonly skipped: readonly Skip[];
  /** Writes each client's certificates and environment into the sandbox's folder. */
  handOut(): readonly HandedOut[];
  /** Stops everything and deletes the folder; with `keepLogs`, all of it but the servers' logs. */
  stop(options?: { readonly keepLogs?: boolean }): Promise<void>;
}

/**
 * Brings modes up side by side. A mode that does not start is told in `failed`; when none starts, the first one's
 * error is thrown.
 * @throws SandboxError `name-in-use`, `state-unusable`, `invalid-host`, and what finding a server throws
 */
export async function startSandbox(modes: readonly Mode[], options: SandboxOptions): Promise<Sandbox> {
  hostNames(options.hosts ?? []); // a bad name ends it here, before anything is made
  const home = resolve(options.home); // servers run in folders of their own, so paths must not depend on ours
  sweepDead(home);
  const state = openState(home, options.name);
  // Read while the engine looks for its server; whoever needs it waits for it, and is told if it fails.
  if (modes.some((mode) => mode.certificates !== undefined)) loadCatalogue().catch(() => {});
  try {
    const engine = await chooseEngine(options, state.dir);
    const skipped = modes.flatMap((mode) => skipMode(mode, engine));
    const wanted = modes.filter((mode) => skipped.every((skip) => skip.mode !== mode.name));
    const started = await Promise.all(wanted.map((mode) => tryMode(mode, engine, options)));
    const running = started.flatMap((one) => ("running" in one ? [one.running] : []));
    const failed = started.flatMap((one) => ("error" in one ? [one] : []));
    const sandbox = assemble(state, engine, running, failed, skipped);
    const [first] = failed;
    if (options.signal?.aborted || (first !== undefined && running.length === 0)) {
      await sandbox.stop({ keepLogs: !options.signal?.aborted });
      options.signal?.throwIfAborted();
      throw withLogs(first?.error, sandbox);
    }
    return sandbox;
  } catch (error) {
    if (!(error instanceof SandboxError && error.code === "start-failed")) state.release();
    options.signal?.throwIfAborted(); // whatever failed because of it
    throw error;
  }
}

/** What to say once `stop` has kept the logs. */
export function logsKept({ dir }: Pick<Sandbox, "dir">): string {
  return `the servers' logs are kept in ${dir}`;
}

function withLogs(error: SandboxError | undefined, sandbox: Sandbox): SandboxError | undefined {
  if (error === undefined) return undefined;
  const detail = [error.detail, logsKept(sandbox)].filter((line) => line !== undefined).join("\n");
  return new SandboxError(error.code, error.message, {
    detail,
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    cause: error,
  });
}

function skipMode(mode: Mode, { version }: Engine): readonly Skip[] {
  if (mode.needs === undefined || can(version, mode.needs)) return [];
  return [{ mode: mode.name, reason: `needs nats-server ${firstVersion(mode.needs)}, found ${version}` }];
}

type Started = { readonly running: RunningMode } | { readonly mode: Mode; readonly error: SandboxError };

async function tryMode(mode: Mode, engine: Engine, options: SandboxOptions): Promise<Started> {
  const emit = options.emit ?? (() => {});
  emit({ type: "phase", mode: mode.name, phase: "starting" });
  try {
    const running = await startMode(mode, { ...options, engine });
    emit({ type: "phase", mode: mode.name, phase: "ready", url: running.connection().url });
    return { running };
  } catch (error) {
    emit({ type: "phase", mode: mode.name, phase: "failed" });
    if (error instanceof SandboxError) return { mode, error };
    if (options.signal?.aborted)
      return { mode, error: new SandboxError("aborted", "stopped before it was up") };
    throw error;
  }
}

function assemble(
  state: StateDir,
  engine: Engine,
  running: readonly RunningMode[],
  failed: Sandbox["failed"],
  skipped: readonly Skip[],
): Sandbox {
  let stopped: Promise<void> | undefined;
  const stopAll = async (keepLogs: boolean) => {
    await Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
    state.release({ keepLogs });
  };
  const stop = ({ keepLogs = false } = {}) => (stopped ??= stopAll(keepLogs));
  return {
    name: state.name,
    dir: state.dir,
    engine,
    running,
    failed,
    skipped,
    handOut: () => running.flatMap((one) => handOut(one, state.dir)),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

function handOut(running: RunningMode, dir: string): readonly HandedOut[] {
  const { mode, serverNames } = running;
  const clients = Object.entries(mode.clients).filter(([, { server = "server" }]) =>
    serverNames.includes(server),
  );
  return clients.map(([client]) => writeHandedOut(dir, mode.name, client, running.connection(client)));
}
