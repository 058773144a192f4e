/** What ends a sandbox besides its holder: signals to the process, where that was asked for, and an AbortSignal. */
import { constants } from "node:os";
import { SandboxError } from "../errors.ts";

export interface Ending {
  /** Aborted when it is to end, while it starts or later. */
  readonly signal: AbortSignal;
  /** To be called once it has ended: a signal that ended it goes on to do what it does without a handler. */
  done(): void;
}

/**
 * A signal that somebody else handles too is for them to end the process with; a second one ends it at once.
 * @throws SandboxError `usage` for what is no signal, or cannot be handled
 */
export function openEnding(signals: readonly NodeJS.Signals[], given: AbortSignal | undefined): Ending {
  for (const name of signals) checkSignal(name);
  const controller = new AbortController();
  let over: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  const letGo = () => {
    given?.removeEventListener("abort", onAbort);
    for (const name of signals) process.removeListener(name, onSignal);
  };
  const onAbort = () => controller.abort(given?.reason);
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      letGo();
      passOn(name);
      return;
    }
    controller.abort(new SandboxError("aborted", `stopped by ${name}`));
    void ended.then(() => passOn(name));
  };
  for (const name of signals) process.on(name, onSignal);
  if (given?.aborted) onAbort();
  else given?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    done() {
      letGo();
      over();
    },
  };
}

/** Another sandbox of this process may still be stopping; then it is the last one's to pass on. */
function passOn(name: NodeJS.Signals): void {
  if (process.listenerCount(name) === 0) process.kill(process.pid, name);
}

function checkSignal(name: NodeJS.Signals): void {
  if (Object.hasOwn(constants.signals, name) && name !== "SIGKILL" && name !== "SIGSTOP") return;
  throw new SandboxError("usage", `${JSON.stringify(name)} is no signal that can be handled`, {
    fix: "name others in stopOn, such as SIGINT and SIGTERM",
  });
}
