/** The life of a sandbox in the process that owns it, in the foreground or as a keeper: the same for both. */
import { EXIT } from "../errors.ts";
import { type HandedOut, listHandedOut } from "../handed-out.ts";
import { openControl } from "../keeper/control.ts";
import { type Status, statusOf } from "../keeper/status.ts";
import type { Mode } from "../model.ts";
import type { SandboxEvent } from "../results.ts";
import { logsKept } from "../sandbox.ts";
import { isGood, type Outcome, type StartingOptions, sandboxOptions, startAndCheck } from "./run.ts";
import type { Signals } from "./signals.ts";

export interface OwningOptions extends StartingOptions {
  readonly name: string;
  /** New secrets and certificates instead of those of the last time. */
  readonly fresh?: boolean;
  /** Seconds after which it ends by itself. */
  readonly ttl?: number;
}

export interface Owned {
  readonly outcome: Outcome;
  readonly handedOut: readonly HandedOut[];
  status(): Promise<Status>;
  /** Resolves when it is to end: by a signal, by another command, or because its time is over. */
  readonly over: Promise<void>;
  /** Stops everything. The exit status, and what is to be said. */
  finish(): Promise<{ readonly status: number; readonly said: string | undefined }>;
}

/** Starts, checks, and answers other commands from then on. */
export async function own(
  modes: readonly Mode[],
  options: OwningOptions,
  version: string,
  signals: Signals,
  emit: (event: SandboxEvent) => void,
): Promise<Owned> {
  const starting = sandboxOptions(options.name, options, emit);
  const identity = options.fresh === true ? "renewed" : "lasting";
  const { sandbox, outcome } = await startAndCheck(modes, { ...starting, identity }, version, signals);
  try {
    const handedOut = sandbox.handOut();
    const until = options.ttl === undefined ? undefined : new Date(Date.now() + options.ttl * 1000);
    // Read each time: a restart or new certificates may have changed it.
    const status = () => statusOf(sandbox, outcome.report, listHandedOut(sandbox.dir), until);
    let forget = false;
    let stop = () => {};
    const asked = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const close = await openControl({
      sandbox,
      status,
      stop(how) {
        forget = how.forget;
        stop();
      },
    });
    const timer = options.ttl === undefined ? undefined : setTimeout(stop, options.ttl * 1000);
    return {
      outcome,
      handedOut,
      status,
      over: Promise.race([signals.ended.then(() => {}), asked]),
      async finish() {
        clearTimeout(timer);
        close();
        const good = isGood(outcome) && sandbox.running.every(({ lost }) => lost.length === 0);
        await sandbox.stop({ keepLogs: !good && !forget, forget });
        return { status: good ? EXIT.ok : EXIT.failed, said: good ? undefined : logsKept(sandbox) };
      },
    };
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}
