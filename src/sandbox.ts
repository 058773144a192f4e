/** A sandbox: a named set of running modes with one state directory and one owner. */
import { resolve } from "node:path";
import { checkContainers, chooseEngine, type EngineOptions } from "./engines/choose.ts";
import { clearDead } from "./engines/clear-dead.ts";
import type { Engine } from "./engines/engine.ts";
import { asSandboxError, SandboxError } from "./errors.ts";
import { type HandedOut, writeHandedOut } from "./handed-out.ts";
import type { KeyType, Mode } from "./model.ts";
import { hostNames } from "./pki/hosts.ts";
import { loadCatalogue } from "./pki/profiles.ts";
import type { SandboxEvent, Skip } from "./results.ts";
import { loadIdentity, saveIdentity } from "./running/identity.ts";
import { type Renewal, type RunningMode, startMode } from "./running/running.ts";
import { can, firstVersion } from "./server/capabilities.ts";
import { openState, type StateDir } from "./state/state.ts";

export interface SandboxOptions extends EngineOptions {
  /** Directory that holds all sandboxes, see `stateHome`. */
  readonly home: string;
  readonly name: string;
  readonly hosts?: readonly string[];
  readonly keyType?: KeyType;
  /** Open the monitoring port too, on loopback. */
  readonly monitor?: boolean;
  /**
   * `lasting`: the same secrets, certificates and ports as the last time, as far as they are still good. `renewed`: new
   * ones in their place. Default: new ones that nobody keeps.
   */
  readonly identity?: "lasting" | "renewed";
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
  /** Writes each client's certificates and environment into the sandbox's folder; those of some modes, or of all. */
  handOut(modes?: readonly RunningMode[]): readonly HandedOut[];
  /** Restarts the servers of these modes on the same ports; their streams stay. */
  restart(modes: readonly RunningMode[]): Promise<void>;
  /** New certificates or secrets for these modes under the live servers, at the same paths. Returns those that have any. */
  renew(modes: readonly RunningMode[], what: Renewal): Promise<readonly RunningMode[]>;
  /**
   * Stops everything and deletes the folder, but for what the next run of this name uses again; with `keepLogs`, but for
   * the servers' logs, with `forget`, all of it.
   */
  stop(options?: { readonly keepLogs?: boolean; readonly forget?: boolean }): Promise<void>;
}

/**
 * Brings modes up side by side. A mode that does not start is told in `failed`; when none starts, the first one's
 * error is thrown.
 * @throws SandboxError `name-in-use`, `state-unusable`, `invalid-host`, and what finding a server throws
 */
export async function startSandbox(modes: readonly Mode[], options: SandboxOptions): Promise<Sandbox> {
  const { alias } = options;
  hostNames([...(options.hosts ?? []), ...(alias === undefined ? [] : [alias])]); // a bad name ends it here, before anything is made
  checkContainers(options, modes.length);
  const home = resolve(options.home); // servers run in folders of their own, so paths must not depend on ours
  await clearDead(home, options.env);
  const state = openState(home, options.name);
  // Read while the engine looks for its server; whoever needs it waits for it, and is told if it fails.
  if (modes.some((mode) => mode.certificates !== undefined)) loadCatalogue().catch(() => {});
  try {
    const engine = await chooseEngine(options, state);
    const skipped = modes.flatMap((mode) => skipMode(mode, engine));
    const wanted = modes.filter((mode) => skipped.every((skip) => skip.mode !== mode.name));
    const started = await Promise.all(wanted.map((mode) => tryMode(mode, engine, state, options)));
    const running = started.flatMap((one) => ("running" in one ? [one.running] : []));
    const failed = started.flatMap((one) => ("error" in one ? [one] : []));
    if (wanted.length === 0 && skipped.length > 0) throw nothingRuns(skipped);
    const sandbox = assemble(state, engine, running, failed, skipped, options);
    const [first] = failed;
    if (options.signal?.aborted || (first !== undefined && running.length === 0)) {
      const keepLogs = !options.signal?.aborted && first?.error.code === "start-failed";
      await sandbox.stop({ keepLogs });
      options.signal?.throwIfAborted();
      throw keepLogs ? withLogs(first.error, sandbox) : first?.error;
    }
    return sandbox;
  } catch (error) {
    state.release(); // does nothing where `stop` has done it
    options.signal?.throwIfAborted(); // whatever failed because of it
    throw error;
  }
}

function nothingRuns(skipped: readonly Skip[]): SandboxError {
  return new SandboxError("server-broken", "this nats-server can run none of the modes", {
    detail: skipped.map(({ mode, reason }) => `${mode}: ${reason}`).join("\n"),
    fix: "choose a newer one with --server",
  });
}

/** What to say once `stop` has kept the logs. */
export function logsKept({ dir }: Pick<Sandbox, "dir">): string {
  return `the servers' logs are kept in ${dir}`;
}

function withLogs(error: SandboxError, sandbox: Sandbox): SandboxError {
  const detail = [error.detail, logsKept(sandbox)].filter((line) => line !== undefined).join("\n");
  return new SandboxError(error.code, error.message, {
    detail,
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    cause: error,
  });
}

function skipMode(mode: Mode, { version }: Engine): readonly Skip[] {
  const needs = [mode.needs, mode.jetstream && ("jetstream" as const)];
  const lacks = needs.find((need) => need !== undefined && !can(version, need));
  if (lacks === undefined) return [];
  return [{ mode: mode.name, reason: `needs nats-server ${firstVersion(lacks)}, found ${version}` }];
}

type Started = { readonly running: RunningMode } | { readonly mode: Mode; readonly error: SandboxError };

async function tryMode(
  mode: Mode,
  engine: Engine,
  state: StateDir,
  options: SandboxOptions,
): Promise<Started> {
  const emit = options.emit ?? (() => {});
  emit({ type: "phase", mode: mode.name, phase: "starting" });
  try {
    const certified = { ...options, hosts: [...(options.hosts ?? []), ...engine.hostsOf(mode.name)] };
    const known = options.identity === "lasting" ? loadIdentity(state.lasting, mode, certified) : undefined;
    const running = await startMode(mode, {
      ...certified,
      ...known,
      engine,
      onNote: (text) => emit({ type: "note", text }),
      onLost: () => emit({ type: "phase", mode: mode.name, phase: "lost" }),
    });
    try {
      keepIdentity(running, state, options);
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw error;
    }
    emit({ type: "phase", mode: mode.name, phase: "ready", url: running.connection().url });
    return { running };
  } catch (error) {
    // Whatever it is: the others are waited for, and stopped in order.
    const aborted = options.signal?.aborted && !(error instanceof SandboxError);
    const failure = aborted ? new SandboxError("aborted", "stopped before it was up") : asSandboxError(error);
    emit({ type: "phase", mode: mode.name, phase: "failed", error: failure.detail ?? failure.message });
    return { mode, error: failure };
  }
}

/** For the next run of the same name, where it is asked for. */
function keepIdentity(running: RunningMode, state: StateDir, options: SandboxOptions): void {
  if (options.identity === undefined) return;
  const { mode, material, hosts } = running;
  saveIdentity(state.lasting, mode, { ...options, hosts }, { material, ports: running.ports() });
}

function assemble(
  state: StateDir,
  engine: Engine,
  running: readonly RunningMode[],
  failed: Sandbox["failed"],
  skipped: readonly Skip[],
  options: SandboxOptions,
): Sandbox {
  let stopped: Promise<void> | undefined;
  const stopAll = async (how: { readonly keepLogs?: boolean; readonly forget?: boolean }) => {
    await Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
    await engine.close().catch((error: unknown) => {
      // The rest is still to be done; what an engine keeps is removed by a later command.
      options.emit?.({ type: "note", text: asSandboxError(error).message });
    });
    state.release(how);
  };
  const stop: Sandbox["stop"] = (how = {}) => (stopped ??= stopAll(how));
  const handOutAnew = (one: RunningMode) => {
    if (stopped !== undefined) return; // its folder is going, or gone
    keepIdentity(one, state, options);
    handOut(one, state.dir);
  };
  return {
    name: state.name,
    dir: state.dir,
    engine,
    running,
    failed,
    skipped,
    handOut: (modes = running) => modes.flatMap((one) => handOut(one, state.dir)),
    async restart(modes) {
      const again = async (one: RunningMode) => {
        await one.restart();
        handOutAnew(one); // a port that was taken meanwhile is another one now
      };
      await Promise.all(modes.map(again));
    },
    async renew(modes, what) {
      const renewed = await Promise.all(modes.map(async (one) => ((await one.renew(what)) ? [one] : [])));
      for (const one of renewed.flat()) handOutAnew(one);
      return renewed.flat();
    },
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

function handOut(running: RunningMode, dir: string): readonly HandedOut[] {
  const { mode, serverNames } = running;
  const clients = Object.entries(mode.clients).filter(([, { server = "server" }]) =>
    serverNames.includes(server),
  );
  return clients.map(([client]) =>
    writeHandedOut(dir, mode.name, client, running.connection(client), running.elsewhere(client)),
  );
}
