/** The log lines of a sandbox's servers, redacted: those there are, and with `follow` those to come. */
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningMode } from "../running/running.ts";

export interface LogLine {
  readonly mode: string;
  readonly server: string;
  readonly line: string;
}

export interface LogOptions {
  readonly follow: boolean;
  /** How many of the lines there are already, a server; infinite for all. */
  readonly last: number;
  /** Ends the following. */
  readonly signal: AbortSignal;
}

/** How often (ms) growing logs are looked at. */
const INTERVAL = 100;

export async function* logLines(
  modes: readonly RunningMode[],
  { follow, last, signal }: LogOptions,
): AsyncGenerator<LogLine> {
  const tails = modes.flatMap((running) => running.serverNames.map((server) => tailOf(running, server)));
  for (const tail of tails) {
    const lines = await tail();
    yield* lines.slice(Math.max(0, lines.length - last));
  }
  while (follow && !signal.aborted) {
    await sleep(INTERVAL);
    for (const tail of tails) yield* await tail();
  }
}

/** Each call returns the whole lines that are new; a server that was restarted begins anew. */
function tailOf(running: RunningMode, name: string): () => Promise<readonly LogLine[]> {
  let told = 0;
  let of: unknown;
  return async () => {
    const server = await running.server(name);
    if (of !== server) told = 0;
    of = server;
    const log = await server.log();
    const fresh = log.slice(told, log.lastIndexOf("\n") + 1);
    told += fresh.length;
    const lines = running.redact(fresh).split("\n").slice(0, -1);
    return lines.map((line) => ({ mode: running.mode.name, server: name, line }));
  };
}
