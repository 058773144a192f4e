/** A nats-server in a container: started until it answers, asked, reloaded, stopped. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Container, ContainerInspectInfo } from "dockerode";
import { SandboxError } from "../../errors.ts";
import type { Listener } from "../../model.ts";
import { makePrivateDir, replacePrivate } from "../../state/private-files.ts";
import { readInfo } from "../../wire/session.ts";
import type { Address, Placement, Server, ServerSpec } from "../engine.ts";
import { announcedPorts, isReady, lastWords } from "../server-words.ts";
import { type ToldServer, tellLameDuck, tellToReload } from "../told.ts";
import { type ContainerOptions, createContainer, folderOf, portKey } from "./container.ts";
import { asEngineError, engineFailure, wordsOf } from "./failures.ts";
import { LogSink } from "./log-sink.ts";
import { removeContainer } from "./remove.ts";
import { startCreated } from "./start.ts";

export interface ServerOptions extends ContainerOptions {
  /** Of the nats-server in the image. */
  readonly version: string;
  /** Folder on this machine for its log, and for a copy of its files: whoever looks at a sandbox finds them there. */
  readonly dir: string;
  /** How long (ms) it may take to be ready. */
  readonly startTimeout?: number | undefined;
}

const START_TIMEOUT = 20_000;
const INFO_TIMEOUT = 5_000;

export async function startServer(
  docker: Docker,
  options: ServerOptions,
  spec: ServerSpec,
  at: Placement,
  signal: AbortSignal,
): Promise<Server> {
  signal.throwIfAborted();
  try {
    const container = await createContainer(docker, options, at, spec.listeners);
    try {
      await Promise.all([put(options, spec.id, spec.files, container), options.guard.up]);
      signal.throwIfAborted();
      return await run(docker, options, { spec, at, container }, signal);
    } catch (error) {
      await removeContainer(container).catch(() => {}); // why it did not start is what matters
      throw error;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw asEngineError(error, `the server of ${spec.id} did not start`);
  }
}

async function run(
  docker: Docker,
  options: ServerOptions,
  what: Pick<Parts, "spec" | "at" | "container">,
  signal: AbortSignal,
): Promise<Server> {
  const log = new LogSink(options.dir);
  try {
    const { ended } = await log.follow(what.container);
    await startCreated(docker, what.container, what.spec.id);
    const server = new ContainerServer({ ...what, options, log, ended });
    await server.becomeReady(signal);
    return server;
  } catch (error) {
    log[Symbol.dispose]();
    throw error;
  }
}

async function put(
  { guard, user, dir }: ServerOptions,
  id: string,
  files: ServerSpec["files"],
  by: Container,
): Promise<void> {
  makePrivateDir(dir);
  for (const [name, { text }] of Object.entries(files)) replacePrivate(join(dir, name), text);
  await guard.put({ folder: folderOf(id), user, files }, by);
}

interface Parts {
  readonly options: ServerOptions;
  readonly spec: ServerSpec;
  readonly at: Placement;
  readonly container: Container;
  readonly log: LogSink;
  readonly ended: Promise<void>;
}

class ContainerServer implements Server {
  readonly id: string;
  readonly ended: Promise<void>;
  version: string;
  elsewhere: Server["elsewhere"] = {};
  readonly #parts: Parts;
  #addresses: Partial<Record<Listener, Address>> = {};
  #over = false;

  constructor(parts: Parts) {
    this.id = parts.spec.id;
    // Until then its name is taken.
    this.ended = parts.ended.then(() => removeContainer(parts.container)).catch(() => {});
    this.version = parts.options.version;
    this.#parts = parts;
    void parts.ended.then(() => {
      this.#over = true;
    });
  }

  /** Waits for its own word, then for an answer where it is published. */
  async becomeReady(signal: AbortSignal): Promise<void> {
    const { options, container, log } = this.#parts;
    const timeout = options.startTimeout ?? START_TIMEOUT;
    const isOver = () => this.#over || signal.aborted || log.failure !== undefined;
    const ready = await log.file.find(
      (text) => (isReady(text) ? true : isOver() ? false : undefined),
      timeout,
    );
    signal.throwIfAborted();
    if (log.failure !== undefined) throw log.failure;
    if (ready !== true) throw this.#startFailed(ready === undefined ? timeout : undefined);
    const told = await container.inspect();
    this.#locate(told);
    const client = this.#addresses.client;
    if (client === undefined) throw this.#startFailed(undefined);
    this.version = (await versionAt(client, signal)) ?? options.version;
  }

  address(listener: Listener): Address {
    return this.#addresses[listener] ?? { host: this.#parts.options.publish.host, port: 0 };
  }

  /** All that is published, and what it has opened inside beyond what it was asked for, which is one hop away. */
  async listeners(): Promise<readonly Address[]> {
    const { at, container, log, options } = this.#parts;
    const { NetworkSettings } = await container.inspect();
    const [inside] = Object.values(NetworkSettings.Networks);
    const published = Object.values(NetworkSettings.Ports ?? {}).flatMap((bindings) => bindings ?? []);
    const others = Object.entries(announcedPorts(log.file.text())).filter(
      ([listener, port]) => at.ports[listener as Listener] !== port,
    );
    return [
      ...published
        .filter(
          ({ HostIp }) =>
            HostIp === options.publish.address || HostIp !== options.publish.toContainers?.address,
        )
        .map(({ HostIp, HostPort }) => ({ host: this.#seenAs(HostIp), port: Number(HostPort) })),
      ...others.map(([, port]) => ({ host: inside?.IPAddress ?? "", port })),
    ];
  }

  story(clientId: number, deadline: number): Promise<readonly string[]> {
    return this.#parts.log.file.story(clientId, deadline);
  }

  async log(): Promise<string> {
    return this.#parts.log.file.text();
  }

  reload(files: ServerSpec["files"]): Promise<void> {
    const { options, container } = this.#parts;
    return tellToReload(
      this.#told(async (signal) => {
        await put(options, this.id, files, container);
        await container.kill({ signal });
      }),
    );
  }

  lameDuck(): Promise<void> {
    return tellLameDuck(this.#told((signal) => this.#parts.container.kill({ signal })));
  }

  async stop(): Promise<void> {
    await removeContainer(this.#parts.container);
    this.#parts.log[Symbol.dispose]();
  }

  #told(send: ToldServer["send"]): ToldServer {
    const { log } = this.#parts;
    const orSay = async (signal: Parameters<ToldServer["send"]>[0]) => {
      try {
        await send(signal);
      } catch (error) {
        throw new Error(wordsOf(error));
      }
    };
    return { id: this.id, version: this.version, log: log.file, isOver: () => this.#over, send: orSay };
  }

  #locate({ NetworkSettings: { Ports = {}, Networks } }: ContainerInspectInfo): void {
    const { at, spec, options } = this.#parts;
    const { publish, network } = options;
    const portOn = (listener: Listener, address: string) =>
      Number(Ports[portKey(at, listener)]?.find(({ HostIp }) => HostIp === address)?.HostPort);
    for (const listener of spec.listeners) {
      const port = portOn(listener, publish.address);
      if (port > 0) this.#addresses[listener] = { host: publish.host, port };
    }
    const { toContainers } = publish;
    const inside = at.ports.client;
    this.elsewhere = {
      ...(toContainers && {
        container: { host: toContainers.name, port: portOn("client", toContainers.address) },
      }),
      ...(network && inside && Networks[network.name] && { network: { host: network.alias, port: inside } }),
    };
  }

  #seenAs(address: string): string {
    const { publish } = this.#parts.options;
    return address === publish.address ? publish.host : address;
  }

  #startFailed(timedOut: number | undefined): SandboxError {
    const { options, log } = this.#parts;
    const words = lastWords(log.file.text());
    const full = engineFailure(new Error(words));
    if (full !== undefined) return full;
    const why = timedOut === undefined ? words : `it was not ready after ${timedOut / 1000} s; ${words}`;
    return new SandboxError("start-failed", `the server of ${this.id} did not start`, {
      detail: `nats-server ${options.version} said: ${why}`,
      fix: "run `nats-sandbox config` for this mode to see its config, or try another server with --server",
    });
  }
}

/** What leads to a published port may be there before the port is. */
async function versionAt({ host, port }: Address, signal: AbortSignal): Promise<string | undefined> {
  const deadline = performance.now() + INFO_TIMEOUT;
  for (;;) {
    try {
      return (await readInfo(host, port, deadline)).version;
    } catch (error) {
      signal.throwIfAborted();
      if (performance.now() >= deadline) throw error;
      await sleep(5);
    }
  }
}
