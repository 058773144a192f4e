/** SIGINT, SIGTERM and SIGHUP: the first one ends things in order, the second one at once. */

/** A repeat within this time (ms) is the same one: npm passes on the Ctrl-C that the terminal gave us already. */
const ECHO = 500;

const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type SignalName = keyof typeof STATUS;

/** Thrown by what a signal interrupted. */
export class EndedBySignal extends Error {
  override readonly name = "EndedBySignal";
  /** 128 + the signal's number. */
  readonly status: number;
  constructor(signal: SignalName) {
    super(`ended by ${signal}`);
    this.status = STATUS[signal];
  }
}

export interface Signals extends Disposable {
  /** Aborted by the first signal; its reason is an EndedBySignal. */
  readonly signal: AbortSignal;
  /** Resolves with the first signal. */
  readonly ended: Promise<EndedBySignal>;
  /** From now on, until it is disposed of, signals go to `take` and end nothing here. */
  handOver(take: (signal: NodeJS.Signals) => void): Disposable;
  /** Ends things as that signal would. */
  end(signal: SignalName): void;
  /** `work`, which ends by itself when the signal aborts; its failure is then the signal's. */
  settle<T>(work: Promise<T>): Promise<T>;
  /** `work`, or the rejection that the first signal is, whichever comes first. */
  interrupt<T>(work: Promise<T>): Promise<T>;
}

export function listenForSignals(): Signals {
  const controller = new AbortController();
  let resolveEnded: (ended: EndedBySignal) => void = () => {};
  const ended = new Promise<EndedBySignal>((resolve) => {
    resolveEnded = resolve;
  });
  let first: number | undefined;
  let taker: ((signal: NodeJS.Signals) => void) | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    if (taker !== undefined) return taker(name);
    const now = performance.now();
    if (first !== undefined && now - first < ECHO) return;
    first ??= now;
    const reason = new EndedBySignal(name as SignalName);
    // A second signal ends us at once; the servers' watchdogs then end the servers.
    if (controller.signal.aborted) process.exit(reason.status);
    controller.abort(reason);
    resolveEnded(reason);
  };
  const names = Object.keys(STATUS) as readonly SignalName[];
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    ended,
    handOver(take) {
      taker = take;
      return {
        [Symbol.dispose]() {
          taker = undefined;
        },
      };
    },
    end: onSignal,
    async settle(work) {
      try {
        return await work;
      } catch (error) {
        controller.signal.throwIfAborted();
        throw error;
      }
    },
    interrupt: (work) =>
      Promise.race([
        work,
        ended.then((reason) => {
          throw reason;
        }),
      ]),
    [Symbol.dispose]() {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
