/** What ends a sandbox besides its holder: signals to the process, where that was asked for, and an AbortSignal. */

/** Undone by calling what is returned. */
type Ending = () => void;

/**
 * Stops at these signals, and then lets the signal do what it does without a handler, unless somebody else handles it
 * too: then that is for them.
 */
export function stopOnSignals(signals: readonly NodeJS.Signals[], stop: () => Promise<void>): Ending {
  const onSignal = (signal: NodeJS.Signals) => {
    void stop().finally(() => {
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  };
  for (const signal of signals) process.once(signal, onSignal);
  return () => {
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
}

/** One that is aborted already stops it at once. */
export function stopOnAbort(signal: AbortSignal | undefined, stop: () => Promise<void>): Ending {
  const onAbort = () => void stop().catch(() => {}); // told to whoever stops it, too
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  return () => signal?.removeEventListener("abort", onAbort);
}
