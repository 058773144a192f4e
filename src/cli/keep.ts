/** `nats-sandbox keep NAME`, started by `up --detach` alone: owns a sandbox that nobody's terminal owns. */
import { once } from "node:events";
import { EXIT, SandboxError } from "../errors.ts";
import { errorDocument } from "../keeper/control.ts";
import type { KeeperMessage, Order } from "./detach.ts";
import { own } from "./own.ts";
import { isGood } from "./run.ts";
import { EndedBySignal, listenForSignals, type Signals } from "./signals.ts";

export async function keep(version: string): Promise<number> {
  if (process.send === undefined)
    throw new SandboxError("usage", "keep is a part of up --detach and no command of its own");
  using signals = listenForSignals();
  const [order] = (await once(process, "message")) as [Order];
  // Who sent for us is gone before it could tell anybody that we are up: nobody would know that it runs.
  const deserted = () => signals.end("SIGHUP");
  process.once("disconnect", deserted);
  const settle = () => void process.off("disconnect", deserted);
  try {
    return await keepUp(order, version, signals, settle);
  } catch (error) {
    await say({ type: "error", ...errorDocument(error instanceof EndedBySignal ? stopped() : error) });
    return EXIT.failed;
  } finally {
    settle();
    if (process.connected) process.disconnect(); // a channel that somebody listens to keeps a process alive
  }
}

/** By `down`, or whoever else sends signals to a process that no terminal knows. */
function stopped(): SandboxError {
  return new SandboxError("aborted", "the sandbox was stopped before it was up", {
    fix: "start it again when it is to run",
  });
}

async function keepUp(
  { modes, options, keepOnFailure }: Order,
  version: string,
  signals: Signals,
  settle: () => void,
): Promise<number> {
  const owned = await own(modes, options, version, signals, (event) => void say({ type: "event", event }));
  const { outcome, handedOut } = owned;
  const kept = isGood(outcome) || keepOnFailure;
  const status = await owned.status();
  process.once("message", settle); // to stay: it is known by now that we are up
  await say({ type: "done", outcome, handedOut, status, kept });
  if (kept) await owned.over;
  return (await owned.finish()).status;
}

/** To the command that sent for us, while it is there. */
async function say(message: KeeperMessage): Promise<void> {
  if (process.connected) await new Promise<void>((resolve) => process.send?.(message, () => resolve()));
}
