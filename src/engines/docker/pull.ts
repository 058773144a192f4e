/** Brings an image from its registry into the engine, telling how far it is. */
import type Docker from "dockerode";
import { credentialsFor } from "./credentials.ts";

export interface PullOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

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
  const { env, onProgress, signal } = options;
  const authconfig = await credentialsFor(reference, env);
  onProgress(`pulling ${reference}`);
  const stream = await docker.pull(reference, {
    ...(authconfig === undefined ? {} : { authconfig }),
    ...(signal === undefined ? {} : { abortSignal: signal }),
  });
  const layers = new Map<string, { readonly current: number; readonly total: number }>();
  let told = performance.now();
  await readEvents(stream, ({ id, progressDetail: { current, total } = {} }) => {
    if (id === undefined || current === undefined || total === undefined) return;
    layers.set(id, { current, total });
    if (performance.now() - told < INTERVAL) return;
    told = performance.now();
    const sum = (field: "current" | "total") =>
      ([...layers.values()].reduce((all, layer) => all + layer[field], 0) / MIB).toFixed(1);
    onProgress(`pulling ${reference}: ${sum("current")} of ${sum("total")} MiB`);
  });
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
  for await (const chunk of stream) {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  }
  take(rest);
}
