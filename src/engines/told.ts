/** What a running server is told by a signal: it counts once the server has said in its log that it does so. */
import { messageOf, SandboxError } from "../errors.ts";
import type { LogFile } from "./log-file.ts";
import { isLameDuck, lastWords, reloadOutcome } from "./server-words.ts";

export interface ToldServer {
  readonly id: string;
  readonly version: string;
  readonly log: LogFile;
  /** Has it ended? */
  isOver(): boolean;
  /** Throws when it cannot be told. */
  send(signal: "SIGHUP" | "SIGUSR2"): unknown;
}

/** How long (ms) it may take to say so. */
const TIMEOUT = 5_000;

/** @throws SandboxError `reload-failed` with the server's own reason */
export async function tellToReload(server: ToldServer): Promise<void> {
  const outcome = await tell(server, "SIGHUP", reloadOutcome);
  if (outcome === "ok") return;
  throw new SandboxError("reload-failed", `the server of ${server.id} did not take its new files`, {
    detail: detailOf(server, outcome),
    fix: "nats-sandbox restart starts it anew with them",
  });
}

/** @throws SandboxError `reload-failed` with the server's own reason */
export async function tellLameDuck(server: ToldServer): Promise<void> {
  const outcome = await tell(server, "SIGUSR2", (said) => (isLameDuck(said) ? "ok" : undefined));
  if (outcome === "ok") return;
  throw new SandboxError("reload-failed", `the server of ${server.id} did not go into lame duck mode`, {
    detail: detailOf(server, outcome),
    fix: "restart it, if it has ended",
  });
}

type Outcome = "ok" | { readonly reason: string };

async function tell(
  server: ToldServer,
  signal: "SIGHUP" | "SIGUSR2",
  outcomeOf: (said: string) => Outcome | undefined,
): Promise<Outcome | undefined> {
  const { log } = server;
  const before = log.text().length;
  try {
    await server.send(signal);
  } catch (error) {
    return { reason: server.isOver() ? "nothing, it has ended" : messageOf(error) };
  }
  return log.find(
    (text) => outcomeOf(text.slice(before)) ?? (server.isOver() ? { reason: lastWords(text) } : undefined),
    TIMEOUT,
  );
}

function detailOf({ version }: ToldServer, outcome: { readonly reason: string } | undefined): string {
  return `nats-server ${version} said: ${outcome?.reason ?? `nothing in ${TIMEOUT / 1000} s`}`;
}
