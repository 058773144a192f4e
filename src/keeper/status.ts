/** The status document of a sandbox, schema 1: what runs and where it is found. No secret is in it: those are in `envFile`. */
import { withoutLogin } from "../env.ts";
import type { HandedOut } from "../handed-out.ts";
import type { EngineName, Listener } from "../model.ts";
import { totalsOf } from "../report/report.ts";
import type { Report, Skip, Totals } from "../results.ts";
import type { RunningMode } from "../running/running.ts";
import type { Sandbox } from "../sandbox.ts";

export interface Status {
  readonly schema: 1;
  readonly name: string;
  readonly dir: string;
  readonly engine: EngineName;
  /** Pid of the process that owns the servers. */
  readonly owner: number;
  /** When its time is over, ISO 8601; absent without a limit. */
  readonly until?: string;
  readonly modes: readonly ModeStatus[];
  readonly skipped: readonly Skip[];
}

export interface ModeStatus {
  readonly mode: string;
  /** `ended`: a server of it ended by itself. `failed`: it did not start. */
  readonly state: "ready" | "ended" | "failed";
  readonly reason?: string;
  readonly url?: string;
  readonly servers?: readonly ServerStatus[];
  readonly clients?: Readonly<Record<string, ClientStatus>>;
  readonly checks?: Totals;
}

interface ServerStatus {
  readonly id: string;
  readonly version: string;
  readonly ports: Readonly<Partial<Record<Listener, number>>>;
}

interface ClientStatus {
  readonly url: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** For the nats CLI; it holds the login, as `envFile` does. */
  readonly context?: string;
  readonly envFile: string;
}

export async function statusOf(
  sandbox: Sandbox,
  report: Pick<Report, "results" | "skipped">,
  handedOut: readonly HandedOut[],
  until?: Date,
): Promise<Status> {
  const modes = sandbox.running.map((running) => modeStatus(running, report, handedOut));
  const failed = sandbox.failed.map(
    ({ mode, error }): ModeStatus => ({
      mode: mode.name,
      state: "failed",
      reason: error.detail ?? error.message,
    }),
  );
  return {
    schema: 1,
    name: sandbox.name,
    dir: sandbox.dir,
    engine: sandbox.engine.name,
    owner: process.pid,
    ...(until === undefined ? {} : { until: until.toISOString() }),
    modes: [...(await Promise.all(modes)), ...failed],
    skipped: report.skipped,
  };
}

async function modeStatus(
  running: RunningMode,
  { results, skipped }: Pick<Report, "results" | "skipped">,
  handedOut: readonly HandedOut[],
): Promise<ModeStatus> {
  const { name } = running.mode;
  const of = <Item extends { readonly mode: string }>(all: readonly Item[]) =>
    all.filter((one) => one.mode === name);
  const clients = of(handedOut).map(({ client, connection, files, envFile }) => [
    client,
    { url: withoutLogin(connection.url), ...files, envFile },
  ]);
  return {
    mode: name,
    state: running.lost.length > 0 ? "ended" : "ready",
    url: running.connection().url,
    servers: await Promise.all(running.serverNames.map((id) => serverStatus(running, id))),
    clients: Object.fromEntries(clients),
    checks: totalsOf(of(results), of(skipped)),
  };
}

async function serverStatus(running: RunningMode, id: string): Promise<ServerStatus> {
  const { version } = await running.server(id);
  return { id, version, ports: running.ports()[id] ?? {} };
}
