/** What a nats-server says in its log, as far as an engine has to understand it; the wording of every version since 1.x. */
import type { Listener } from "../model.ts";

/** The lines in which it names its listeners. */
const ANNOUNCEMENTS: readonly (readonly [Listener, RegExp])[] = [
  ["client", /Listening for client connections on .*:(\d+)/],
  ["monitor", /Starting https? monitor on .*:(\d+)/],
  ["cluster", /Listening for route connections on .*:(\d+)/],
  ["leafnode", /Listening for leafnode connections on .*:(\d+)/],
  ["gateway", /Address for gateway .* is .*:(\d+)/],
  ["websocket", /Listening for websocket clients on .*:(\d+)/],
  ["mqtt", /Listening for MQTT clients on .*:(\d+)/],
];

export function isReady(log: string): boolean {
  return /\bServer is ready\b/.test(log);
}

/** The port of each listener it has opened. */
export function announcedPorts(log: string): Partial<Record<Listener, number>> {
  const found = ANNOUNCEMENTS.flatMap(([listener, line]) => {
    const port = line.exec(log)?.[1];
    return port === undefined ? [] : [[listener, Number(port)] as const];
  });
  return Object.fromEntries(found);
}

/** The port that it could not open because somebody has it. */
export function takenPort(log: string): number | undefined {
  const port = /listen tcp \S*:(\d+): bind: address already in use/.exec(log)?.[1];
  return port === undefined ? undefined : Number(port);
}

/** What came of a reload, `ok` or the reason against it; undefined while it has said nothing. */
export function reloadOutcome(log: string): "ok" | { readonly reason: string } | undefined {
  const failed = /Failed to reload server configuration: (.*)/.exec(log);
  if (failed !== null) return { reason: failed[1] ?? "" };
  return log.includes("Reloaded server configuration") ? "ok" : undefined;
}

/** It is in lame duck mode. */
export function isLameDuck(log: string): boolean {
  return /\bEntering lame duck mode\b/.test(log);
}

/** The server's own reason for not starting: its last fatal or error line, else its last line at all. */
export function lastWords(log: string): string {
  const lines = linesOf(log);
  return (
    lines.findLast((line) => /\[FTL\]|\[ERR\]|^nats-server: |^panic: /.test(line)) ??
    lines.at(-1) ??
    "nothing"
  );
}

/** What it said before it ended after it had been up: why, where it knew that, else its last line. */
export function dyingWords(log: string): string {
  const lines = linesOf(log);
  const fatal = lines.findLast((line) => /\[FTL\]|^panic: |^fatal error: /.test(line));
  return fatal ?? (lines.length === 0 ? "nothing" : `nothing of its end; its last line is: ${lines.at(-1)}`);
}

/** Without process id and time. */
function linesOf(log: string): readonly string[] {
  const lines = log.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => line.replace(/^\[\d+\] \S+ \S+ /, ""));
}
