/** The servers of one mode: started, restarted on the same ports, reloaded, and missed when they end by themselves. */
import type { Engine, Placement, Server } from "../engines/engine.ts";
import { SandboxError } from "../errors.ts";
import type { Listener, Mode, ServerRecipe } from "../model.ts";
import type { Configured } from "./configure.ts";
import type { Ports } from "./identity.ts";

export interface ServersOptions {
  readonly engine: Engine;
  /** Listeners of each server. */
  readonly listeners: readonly Listener[];
  /** Ports they had before, asked for again; one that is taken is replaced, which `onNote` tells. */
  readonly ports?: Ports;
  readonly onNote?: (text: string) => void;
  /** Told when a server ends although nobody stopped it. */
  readonly onLost?: (server: string) => void;
  readonly signal?: AbortSignal;
}

interface Placed {
  readonly server: Server;
  readonly placement: Placement;
}

export class Servers {
  /** Names of those that ended by themselves. */
  readonly lost = new Set<string>();
  readonly #mode: Mode;
  readonly #options: ServersOptions;
  readonly #configure: (recipe: ServerRecipe, placement: Placement) => Configured;
  readonly #started = new Map<string, Promise<Server>>();
  readonly #placed = new Map<string, Placed>();
  readonly #configs = new Map<string, string>();
  /** Those that somebody here is stopping: their end is no surprise. */
  readonly #stopping = new Set<Server>();

  /** `configure` is asked again for every start and reload. */
  constructor(
    mode: Mode,
    options: ServersOptions,
    configure: (recipe: ServerRecipe, placement: Placement) => Configured,
  ) {
    this.#mode = mode;
    this.#options = options;
    this.#configure = configure;
  }

  /** A server by name, started by the first call. */
  start(name: string): Promise<Server> {
    const known = this.#started.get(name);
    if (known !== undefined) return known;
    const starting = this.#start(name, this.#options.ports?.[name]);
    this.#started.set(name, starting);
    return starting;
  }

  /** One that has been started. */
  up(name: string): Server {
    return this.#up(name).server;
  }

  config(name: string): string {
    return this.#configs.get(name) ?? "";
  }

  ports(names: readonly string[]): Ports {
    const { listeners } = this.#options;
    const portsOf = (server: Server) =>
      Object.fromEntries(listeners.map((listener) => [listener, server.address(listener).port]));
    return Object.fromEntries(names.map((name) => [name, portsOf(this.up(name))]));
  }

  /** Stops them and starts them again on the same ports. */
  async restart(names: readonly string[]): Promise<void> {
    const ports = this.ports(names);
    const again = async (name: string) => {
      await this.#stop(this.up(name));
      const starting = this.#start(name, ports[name]);
      this.#started.set(name, starting);
      await starting;
      this.lost.delete(name);
    };
    await Promise.all(names.map(again));
  }

  /** Hands them what they are configured with by now. */
  async reload(names: readonly string[]): Promise<void> {
    const again = async (name: string) => {
      const { server, placement } = this.#up(name);
      await server.reload(this.#configured(name, placement).files);
    };
    await Promise.all(names.map(again));
  }

  async stop(): Promise<void> {
    const ends = [...this.#started.values()].map(async (starting) => this.#stop(await starting));
    await Promise.allSettled(ends);
  }

  #up(name: string): Placed {
    const placed = this.#placed.get(name);
    if (placed === undefined)
      throw new SandboxError("bug", `the server ${name} of ${this.#mode.name} is not up`);
    return placed;
  }

  async #stop(server: Server): Promise<void> {
    this.#stopping.add(server);
    await server.stop();
  }

  #recipe(name: string): ServerRecipe {
    const recipe = this.#mode.servers[name];
    if (recipe === undefined) throw new SandboxError("bug", `mode ${this.#mode.name} has no server ${name}`);
    return recipe;
  }

  #configured(name: string, placement: Placement): Configured {
    const configured = this.#configure(this.#recipe(name), placement);
    this.#configs.set(name, configured.config);
    return configured;
  }

  /** A fixed port must be had; one that is remembered may be replaced. */
  async #start(name: string, remembered: Ports[string] = {}): Promise<Server> {
    const { ports: fixed = {} } = this.#recipe(name);
    try {
      return await this.#startAt(name, { ...remembered, ...fixed });
    } catch (error) {
      const replaceable = Object.keys(remembered).some((listener) => !(listener in fixed));
      if (!(error instanceof SandboxError && error.code === "port-in-use" && replaceable)) throw error;
      this.#options.onNote?.(`${this.#mode.name}: ${error.message}, ${error.detail}; another one is used`);
    }
    return this.#startAt(name, fixed);
  }

  async #startAt(name: string, ports: Ports[string]): Promise<Server> {
    const { engine, listeners, signal = new AbortController().signal } = this.#options;
    const id = `${this.#mode.name}/${name}`;
    const placement = await engine.place(id, listeners, ports);
    const spec = { id, files: this.#configured(name, placement).files, listeners };
    const server = await engine.start(spec, placement, signal);
    this.#placed.set(name, { server, placement });
    void server.ended.then(() => {
      if (this.#stopping.has(server)) return;
      this.lost.add(name);
      this.#options.onLost?.(name);
    });
    return server;
  }
}
