/** Runs the checks of a mode in which something was spoilt on purpose: its data, its server, its log or its clients. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkModes } from "../check/check.ts";
import type { Engine, Placement, Server, ServerSpec } from "../engines/engine.ts";
import { createProcessEngine } from "../engines/process.ts";
import { SandboxError } from "../errors.ts";
import type { Mode, Step } from "../model.ts";
import type { CheckResult } from "../results.ts";
import { type RunningMode, type StartOptions, startMode } from "../running/running.ts";
import type { ServerBinary } from "../server/binary.ts";

/** What is done to a mode on its way up; each part is optional, and nothing at all is the mode as it is. */
export interface Sabotage {
  readonly mode?: (mode: Mode) => Mode;
  readonly options?: Pick<StartOptions, "hosts" | "monitor">;
  /** Sees every server that starts, those that live only while the mode is checked included. */
  readonly spec?: (spec: ServerSpec, at: Placement) => ServerSpec;
  readonly server?: (server: Server) => Promise<Server>;
  /** Called once everything that is handed out is up, and before `server` of a lazy mode is. */
  readonly running?: (running: RunningMode) => RunningMode;
}

/** `invalid` when the server did not start: then it says why, and nothing was checked. */
export type Outcome = { readonly results: readonly CheckResult[] } | { readonly invalid: string };

/**
 * How long (ms) a dial may take. Only servers that have lost their authorization make a check wait for it: they answer
 * where they should hang up.
 */
const TIMEOUT = 6_000;

/** How many modes are up at once: most of their time they wait. */
const AT_ONCE = 6;

/** A folder for servers, removed at the end. */
export interface Workshop extends AsyncDisposable {
  check(mode: Mode, sabotage: Sabotage): Promise<Outcome>;
}

export async function openWorkshop(binary: ServerBinary): Promise<Workshop> {
  const root = await mkdtemp(join(tmpdir(), "nats-sandbox-sabotage-"));
  return {
    async check(mode, sabotage) {
      const dir = await mkdtemp(join(root, "run-"));
      try {
        return await checkSabotaged(mode, sabotage, engineIn(dir, binary), dir);
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

function engineIn(dir: string, { path, version, source }: ServerBinary): Engine {
  return createProcessEngine({ binary: path, version, source, dir });
}

async function checkSabotaged(mode: Mode, sabotage: Sabotage, inner: Engine, dir: string): Promise<Outcome> {
  const engine: Engine = {
    ...inner,
    async start(spec, at, signal) {
      const server = await inner.start(sabotage.spec?.(spec, at) ?? spec, at, signal);
      return (await sabotage.server?.(server)) ?? server;
    },
  };
  try {
    await using started = await startMode(sabotage.mode?.(mode) ?? mode, { ...sabotage.options, engine });
    const running = sabotage.running?.(started) ?? started;
    await running.server("server");
    const { results } = await checkModes([running], { timeout: TIMEOUT, scratch: dir });
    return { results };
  } catch (error) {
    if (error instanceof SandboxError && error.code === "start-failed")
      return { invalid: error.detail ?? error.message };
    throw error;
  }
}

/** The same object but for some of its properties, whatever it is made of. */
export function but<T extends object>(original: T, changes: Partial<T>): T {
  return new Proxy(original, {
    get(target, key) {
      const value = Reflect.get(Object.hasOwn(changes, key) ? changes : target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Maps a few at a time, in order. */
export async function mapFew<T, R>(
  items: readonly T[],
  map: (item: T) => Promise<R>,
): Promise<readonly (readonly [T, R])[]> {
  const results: (readonly [T, R])[] = [];
  const queue = items.entries();
  const work = async () => {
    for (const [i, item] of queue) results[i] = [item, await map(item)];
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

/** Steps that wait for what a server as it should be does next: hang up, or deliver. */
const WAITING: readonly (Step["op"] | undefined)[] = ["before-connect", "request", "respond"];

/**
 * The checks that are red for what they saw. A timeout or a dead server proves nothing (a slow machine makes them too),
 * save where the step waits for the server to act: there the wait is the outcome.
 */
export function redIn(mode: Mode, results: readonly CheckResult[]): readonly string[] {
  return results
    .filter(({ verdict }) => verdict === "fail")
    .filter(({ got }) => got !== "unreachable")
    .filter(({ id, got }) => got !== "timeout" || WAITING.includes(mode.checks[checkId(id)]?.step?.op))
    .map(({ id }) => checkId(id));
}

/** `tls/chain` -> `chain`. */
export function checkId(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}
