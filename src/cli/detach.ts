/** Starts a keeper, a process in a session of its own that owns the sandbox, and stays with it until it is up. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { SandboxError } from "../errors.ts";
import type { HandedOut } from "../handed-out.ts";
import type { ErrorDocument } from "../keeper/control.ts";
import type { Status } from "../keeper/status.ts";
import type { Mode } from "../model.ts";
import type { SandboxEvent } from "../results.ts";
import type { OwningOptions } from "./own.ts";
import type { Outcome } from "./run.ts";
import type { Signals } from "./signals.ts";

/** What the keeper is told to bring up. */
export interface Order {
  readonly modes: readonly Mode[];
  readonly options: OwningOptions;
  /** Stay although a check failed. */
  readonly keepOnFailure: boolean;
}

export interface Detached {
  readonly outcome: Outcome;
  readonly handedOut: readonly HandedOut[];
  readonly status: Status;
  /** False when it has stopped everything because a check failed. */
  readonly kept: boolean;
}

/** From the keeper, until it is up or has failed. */
export type KeeperMessage =
  | { readonly type: "event"; readonly event: SandboxEvent }
  | ({ readonly type: "done" } & Detached)
  | ({ readonly type: "error" } & ErrorDocument);

/** A keeper that loses us before we have told it to stay stops what it has started. */
export async function detach(
  order: Order,
  signals: Signals,
  take: (event: SandboxEvent) => void,
): Promise<Detached> {
  // By no argument: what runs is plain data, and the list of processes is not the place for it.
  const keeper = fork(fileURLToPath(new URL("./main.js", import.meta.url)), ["keep", order.options.name], {
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  keeper.send(order);
  void signals.ended.then(() => keeper.connected && keeper.disconnect());
  const message = await lastWord(keeper, take);
  // What has not come up, or is not to stay, has stopped by the time that its command ends.
  if (message?.type !== "done" || !message.kept || signals.signal.aborted) await gone(keeper);
  signals.signal.throwIfAborted();
  if (message === undefined) throw new SandboxError("bug", "the keeper ended without a word");
  if (message.type === "error") throw failure(message);
  if (message.kept) await leave(keeper);
  return message;
}

/** Tells it to stay, and lets go of it. */
async function leave(keeper: ChildProcess): Promise<void> {
  await new Promise((resolve) => keeper.send("stay", resolve));
  if (keeper.connected) keeper.disconnect();
  keeper.unref();
}

async function gone(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode === null && keeper.signalCode === null) await once(keeper, "exit");
}

function lastWord(
  keeper: ChildProcess,
  take: (event: SandboxEvent) => void,
): Promise<Exclude<KeeperMessage, { type: "event" }> | undefined> {
  return new Promise((resolve) => {
    keeper.on("message", (message: KeeperMessage) => {
      if (message.type === "event") take(message.event);
      else resolve(message);
    });
    keeper.once("disconnect", () => resolve(undefined));
    keeper.once("exit", () => resolve(undefined));
  });
}

function failure({ error: { code, message, detail, fix } }: ErrorDocument): SandboxError {
  return new SandboxError(code, message, {
    ...(detail === undefined ? {} : { detail }),
    ...(fix === undefined ? {} : { fix }),
  });
}
