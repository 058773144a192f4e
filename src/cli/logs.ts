/** `nats-sandbox logs`: what the servers say, without secrets. */
import { EXIT } from "../errors.ts";
import { askLogs } from "../keeper/ask.ts";
import type { LogLine } from "../keeper/logs.ts";
import { type GlobalOptions, result, resultJson, styleFor } from "./output.ts";
import { placeOfRunning, type SandboxChoice } from "./reach.ts";
import { listenForSignals } from "./signals.ts";

export interface LogsOptions extends GlobalOptions, SandboxChoice {
  readonly follow?: boolean;
  /** So many of the last lines of each server. */
  readonly lines?: number;
}

export async function logs(names: readonly string[], options: LogsOptions): Promise<number> {
  const place = placeOfRunning(options);
  using signals = listenForSignals();
  const lines = askLogs(place, names, {
    follow: options.follow === true,
    ...(options.lines === undefined ? {} : { last: options.lines }),
  });
  await signals.interrupt(options.json === true ? showJson(lines) : show(lines, options));
  return EXIT.ok;
}

async function showJson(lines: AsyncIterable<LogLine>): Promise<void> {
  const all: LogLine[] = [];
  for await (const line of lines) all.push(line);
  resultJson({ schema: 1, lines: all });
}

/** Each line after the name of its mode. */
async function show(lines: AsyncIterable<LogLine>, options: GlobalOptions): Promise<void> {
  const style = styleFor(process.stdout, options);
  for await (const { mode, server, line } of lines) {
    const who = server === "server" ? mode : `${mode}/${server}`;
    result(`${style.dim(`${who.padEnd(16)} |`)} ${line}`);
  }
}
