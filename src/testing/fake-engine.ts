/** An engine that starts nothing: servers are entries in a table, so that what happens at once can be put in any order. */
import type { Engine, Placement, Server, ServerSpec } from "../engines/engine.ts";
import { SandboxError } from "../errors.ts";
import type { Listener } from "../model.ts";

export interface FakeEngine extends Engine {
  /** Ids of the servers that run, one entry each. */
  running(): readonly string[];
  /** Ports that somebody else has. */
  readonly taken: Set<number>;
  /** What was done, in order: `start id`, `stop id`, `reload id`. */
  readonly deeds: readonly string[];
  /** While it is set, every start waits for it, as a slow server makes its owner wait. */
  gate: Promise<void> | undefined;
  /** Every start fails with it. */
  failure: SandboxError | undefined;
  /** Ends a server as a crash does. */
  crash(id: string): void;
}

interface Entry {
  readonly spec: ServerSpec;
  readonly end: () => void;
}

export function fakeEngine(): FakeEngine {
  const servers = new Set<Entry>();
  const taken = new Set<number>();
  const deeds: string[] = [];
  let nextPort = 1000;

  async function start(spec: ServerSpec, at: Placement, signal: AbortSignal): Promise<Server> {
    deeds.push(`start ${spec.id}`);
    signal.throwIfAborted();
    await engine.gate;
    signal.throwIfAborted();
    if (engine.failure !== undefined) throw engine.failure;
    const ports = Object.entries(at.ports).map(([listener, port]) => {
      if (port !== -1 && taken.has(port))
        throw new SandboxError("port-in-use", `port ${port}, asked for by ${spec.id}, is taken`, {
          detail: "by process 1 (init)",
        });
      const had = port === -1 ? nextPort++ : port;
      return [listener, had] as const;
    });
    for (const [, port] of ports) taken.add(port);
    return serverOf(spec, Object.fromEntries(ports));
  }

  function serverOf(spec: ServerSpec, ports: Partial<Record<Listener, number>>): Server {
    let resolveEnded = () => {};
    const ended = new Promise<void>((resolve) => {
      resolveEnded = resolve;
    });
    const entry: Entry = {
      spec,
      end() {
        if (!servers.delete(entry)) return;
        for (const port of Object.values(ports)) taken.delete(port);
        resolveEnded();
      },
    };
    servers.add(entry);
    return {
      id: spec.id,
      version: engine.version,
      address: (listener) => ({ host: "127.0.0.1", port: ports[listener] ?? 0 }),
      elsewhere: {},
      listeners: async () => [],
      story: async () => [],
      log: async () => "",
      async reload() {
        deeds.push(`reload ${spec.id}`);
        await engine.gate;
      },
      async lameDuck() {
        deeds.push(`lame duck ${spec.id}`);
      },
      ended,
      async stop() {
        if (servers.has(entry)) deeds.push(`stop ${spec.id}`);
        await Promise.resolve();
        entry.end();
      },
    };
  }

  const engine: FakeEngine = {
    name: "process",
    title: "a fake",
    version: "2.15.1",
    place: async (id, listeners, ports = {}) => ({
      root: `/nowhere/${id}`,
      host: "127.0.0.1",
      ports: Object.fromEntries(listeners.map((listener) => [listener, ports[listener] ?? -1])),
    }),
    hostsOf: () => [],
    start,
    close: async () => {},
    running: () => [...servers].map(({ spec }) => spec.id).sort(),
    taken,
    deeds,
    gate: undefined,
    failure: undefined,
    crash(id) {
      for (const entry of servers) if (entry.spec.id === id) entry.end();
    },
  };
  return engine;
}
