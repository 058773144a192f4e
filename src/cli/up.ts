/** `nats-sandbox up`: start, check, print the table, keep running until a signal. */
import { relative } from "node:path";
import { withoutLogin } from "../env.ts";
import { EXIT } from "../errors.ts";
import type { HandedOut } from "../handed-out.ts";
import { totalsOf } from "../report/report.ts";
import type { RunningMode } from "../running.ts";
import { logsKept } from "../sandbox.ts";
import { selectModes } from "../select.ts";
import { complain, resultJson, tell } from "./output.ts";
import { isGood, print, type Run, type StartingOptions, startAndCheck } from "./run.ts";
import { listenForSignals } from "./signals.ts";

export interface UpOptions extends StartingOptions {
  readonly name: string;
}

export async function up(names: readonly string[], options: UpOptions, version: string): Promise<number> {
  const modes = selectModes(names);
  using signals = listenForSignals();
  const run = await startAndCheck(modes, options.name, options, version, signals);
  await using sandbox = run.sandbox;
  const handedOut = sandbox.handOut();
  if (options.json === true) resultJson(await status(run, handedOut));
  else print(run, options, ["  Ctrl-C stops everything.", ...hints(handedOut)]);
  await signals.ended;
  tell("stopping…", options);
  const good = isGood(sandbox, run.report);
  await sandbox.stop({ keepLogs: !good });
  if (!good) complain(logsKept(sandbox));
  return good ? EXIT.ok : EXIT.failed;
}

/** What to do next, with the mode that most people come for. */
function hints(handedOut: readonly HandedOut[]): readonly string[] {
  const one = handedOut.find(({ mode }) => mode === "tls-verify") ?? handedOut[0];
  if (one === undefined) return [];
  const load = `. ${relative(process.cwd(), one.envFile)}`;
  const width = Math.max(load.length, `nats-sandbox config ${one.mode}`.length) + 4;
  return [
    "",
    `  ${load.padEnd(width)}its environment, for a shell`,
    `  ${`nats-sandbox config ${one.mode}`.padEnd(width)}its server config`,
    "",
    "Test keys only: never use them for anything real.",
  ];
}

/** Status document, schema 1; no secret in it, those are in `envFile`. */
async function status({ sandbox, outcome, report }: Run, handedOut: readonly HandedOut[]): Promise<unknown> {
  const modeStatus = async (running: RunningMode) => {
    const of = <Item extends { readonly mode: string }>(all: readonly Item[]) =>
      all.filter((one) => one.mode === running.mode.name);
    const clients = of(handedOut).map(({ client, connection, files, envFile }) => [
      client,
      { url: withoutLogin(connection.url), ...files, envFile },
    ]);
    return {
      mode: running.mode.name,
      state: "ready",
      url: running.connection().url,
      servers: await Promise.all(running.serverNames.map((id) => serverStatus(running, id))),
      clients: Object.fromEntries(clients),
      checks: totalsOf(of(outcome.results), of(outcome.skipped)),
    };
  };
  const failed = sandbox.failed.map(({ mode, error }) => ({
    mode: mode.name,
    state: "failed",
    reason: error.detail ?? error.message,
  }));
  return {
    schema: 1,
    name: sandbox.name,
    dir: sandbox.dir,
    engine: sandbox.engine.name,
    owner: process.pid,
    modes: [...(await Promise.all(sandbox.running.map(modeStatus))), ...failed],
    skipped: report.skipped,
  };
}

async function serverStatus(running: RunningMode, id: string): Promise<unknown> {
  const server = await running.server(id);
  const ports = running.listeners.map((listener) => [listener, server.address(listener).port]);
  return { id, version: server.version, ports: Object.fromEntries(ports) };
}
