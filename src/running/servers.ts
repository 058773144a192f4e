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
  /** The last restart or reload asked for: the next one waits for it, and so does the stop. */
  #turn: Promise<void> = Promise.resolve();
  /** Aborted by the stop. */
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;

  /** `configure` is asked again for every start and reload. */
  constructor(
    mode: Mode,
    options: ServersOptions,
    configure: (recipe: ServerRecipe, placement: Placement) => Configured,
  ) {
    this.#mode = mode;
    this.#options = options;
    this.#configure = configure;
    this.#signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
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

  /** Stops them and starts them again on the same ports. One that does not start is lost. */
  restart(names: readonly string[]): Promise<void> {
    return this.#each(names, async (name) => {
      const { [name]: ports } = this.ports([name]);
      await this.#stop(this.up(name));
      const starting = this.#start(name, ports);
      await starting.catch(() => {
        if (!this.#signal.aborted) this.lost.add(name);
      });
      await starting;
      this.#started.set(name, starting);
      this.lost.delete(name);
    });
  }

  /** Hands them what they are configured with by now. */
  reload(names: readonly string[]): Promise<void> {
    return this.#each(names, async (name) => {
      const { server, placement } = this.#up(name);
      await server.reload(this.#configured(name, placement).files);
    });
  }

  /** Lets them end once their clients have gone: that is no loss. */
  lameDuck(names: readonly string[]): Promise<void> {
    return this.#each(names, async (name) => {
      const server = this.up(name);
      this.#stopping.add(server);
      await server.lameDuck();
    });
  }

  /** Stops all but these. One of the others that is asked for again is started again. */
  stopOthers(names: readonly string[]): Promise<void> {
    const others = [...this.#started.keys()].filter((name) => !names.includes(name));
    return this.#each(others, async (name) => {
      const starting = this.#started.get(name);
      this.#started.delete(name);
      const server = await starting?.catch(() => undefined); // one that did not start has told so
      if (server !== undefined) await this.#stop(server);
    });
  }

  /** Nothing is started afterwards. */
  async stop(): Promise<void> {
    this.#closing.abort(new SandboxError("aborted", `${this.#mode.name} is being stopped`));
    await this.#turn;
    const ends = [...this.#started.values()].map(async (starting) => this.#stop(await starting));
    await Promise.allSettled(ends);
  }

  /** Side by side, once all that was asked for before is over; over when each has come to its end, good or bad. */
  async #each(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
    const working = this.#turn.then(() => {
      this.#signal.throwIfAborted();
      return Promise.allSettled(names.map(work));
    });
    this.#turn = working.then(
      () => {},
      () => {},
    );
    const failed = (await working).find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
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
    const { engine, listeners } = this.#options;
    const id = `${this.#mode.name}/${name}`;
    const placement = await engine.place(id, listeners, ports);
    const spec = { id, files: this.#configured(name, placement).files, listeners };
    const server = await engine.start(spec, placement, this.#signal);
    this.#placed.set(name, { server, placement });
    void server.ended.then(() => {
      if (this.#stopping.has(server)) return;
      this.lost.add(name);
      this.#options.onLost?.(name);
    });
    return server;
  }
}
