/** The default trust store for all modes at once: one child process with the modes' CAs added to it, one without. */
import { dialWithDefaultTrust } from "../dial/default-trust.ts";
import type { RunningMode } from "../running/running.ts";
import { newTrace, type Trace } from "../wire/trace.ts";

/** The trace of the dial made for a check. */
export type DefaultTrust = (mode: string, checkId: string) => Promise<Trace>;

export function probeDefaultTrust(modes: readonly RunningMode[], scratch: string): DefaultTrust {
  const wanted = modes.flatMap((running) => wantedBy(running));
  const extra = modes.map(({ ca }) => ca ?? "").join("");
  const probes = [true, false].map(async (withExtra) => {
    const these = wanted.filter((one) => one.extra === withExtra);
    const requests = await Promise.all(these.map(({ request }) => request()));
    const traces = await dialWithDefaultTrust(requests, withExtra ? extra : undefined, scratch);
    return new Map(these.map(({ key }, i) => [key, traces[i]]));
  });
  for (const probe of probes) probe.catch(() => {}); // a failure is told to the checks that wait for it
  return async (mode, checkId) => {
    const key = `${mode}/${checkId}`;
    for (const probe of probes) {
      const trace = (await probe).get(key);
      if (trace !== undefined) return trace;
    }
    return { ...newTrace(), failure: { code: "ERROR", message: "the child process did not dial" } };
  };
}

function wantedBy(running: RunningMode) {
  return Object.entries(running.mode.checks).flatMap(([id, check]) => {
    if (check.step?.op !== "default-trust") return [];
    const request = async () => ({
      connection: running.connection(check.as, check.but),
      at: (await running.server("server")).address("client"),
    });
    return [{ key: `${running.mode.name}/${id}`, extra: check.step.extra, request }];
  });
}
