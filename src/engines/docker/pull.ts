/** Brings an image from its registry into the engine, telling how far it is. */
import type Docker from "dockerode";
import { credentialsFor } from "./credentials.ts";

export interface PullOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** How long (ms) the registry may take for its first answer. */
  readonly patience?: number | undefined;
}

/** As long as an engine of its own accord waits for a connection and an answer. */
const PATIENCE = 45_000;
/** How long (ms) nothing may be heard once it has begun. */
const SILENCE = 60_000;

/** How often (ms) it is told how far a pull is. */
const INTERVAL = 1_000;
const MIB = 1024 * 1024;

/** A line of the engine's answer while it pulls or builds. */
interface Event {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** Throws what the engine or the registry says against it. */
export async function pullImage(docker: Docker, reference: string, options: PullOptions): Promise<void> {
  const { onProgress, signal, patience = PATIENCE } = options;
  const authconfig = await credentialsFor(reference, options);
  onProgress(`pulling ${reference}`);
  const watch = watchSilence();
  watch.expect(patience, "its registry gave no answer");
  const abortSignal = signal === undefined ? watch.signal : AbortSignal.any([signal, watch.signal]);
  try {
    const stream = await docker.pull(reference, { ...(authconfig && { authconfig }), abortSignal });
    const tell = tellProgress(reference, onProgress);
    await readEvents(stream, (event) => {
      watch.expect(SILENCE, "its registry stopped sending");
      tell(event);
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw watch.signal.aborted ? watch.signal.reason : error;
  } finally {
    watch[Symbol.dispose]();
  }
}

interface Watch extends Disposable {
  readonly signal: AbortSignal;
  /** Something is to come within so many ms. */
  expect(ms: number, otherwise: string): void;
}

function watchSilence(): Watch {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: over.signal,
    expect(ms, otherwise) {
      clearTimeout(timer);
      timer = setTimeout(() => over.abort(new Error(`${otherwise} in ${ms / 1000} s`)), ms);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

function tellProgress(reference: string, onProgress: (line: string) => void): (event: Event) => void {
  const layers = new Map<string, { readonly current: number; readonly total: number }>();
  let told = performance.now();
  return ({ id, status, progressDetail: { current, total } = {} }) => {
    // The engine counts the unpacking with the same numbers again.
    if (status !== "Downloading" || id === undefined || current === undefined || total === undefined) return;
    layers.set(id, { current, total });
    if (performance.now() - told < INTERVAL) return;
    told = performance.now();
    const sum = (field: "current" | "total") =>
      ([...layers.values()].reduce((all, layer) => all + layer[field], 0) / MIB).toFixed(1);
    onProgress(`pulling ${reference}: ${sum("current")} of ${sum("total")} MiB`);
  };
}

/** Reads an answer that comes as lines of JSON to its end; throws the error that one of them tells. */
export async function readEvents(
  stream: NodeJS.ReadableStream,
  onEvent: (event: Event) => void = () => {},
): Promise<void> {
  let rest = "";
  const take = (line: string) => {
    if (line.trim() === "") return;
    const event = JSON.parse(line) as Event;
    if (event.error !== undefined) throw new Error(event.error);
    onEvent(event);
  };
  stream.setEncoding("utf8"); // letters of more than one byte may come in pieces
  for await (const text of stream) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  }
  take(rest);
}
