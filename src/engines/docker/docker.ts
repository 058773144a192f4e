/** The Docker engine: the same servers in containers of their own, locked down, and gone with their owner. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type Docker from "dockerode";
import type { Listener } from "../../model.ts";
import type { Engine, Placement } from "../engine.ts";
import { type ContainerOptions, type Publishing, rootOf } from "./container.ts";
import { asEngineError } from "./failures.ts";
import { FIRST_USER, Guard } from "./guard.ts";
import { type Labels, labelsOf } from "./labels.ts";
import { startServer } from "./server.ts";
import { removeVolumes, sweepContainers } from "./sweep.ts";

export interface DockerEngineOptions {
  readonly docker: Docker;
  /** Reference or id of an image that the engine has. */
  readonly image: string;
  /** Of the nats-server in it. */
  readonly version: string;
  /** What runs and where it came from, for people. */
  readonly title: string;
  /** The sandbox's folder, for the logs. */
  readonly dir: string;
  /** The sandbox's name. */
  readonly name: string;
  readonly publish: Publishing;
  /** A network of the user's that the servers join, each under a name. */
  readonly network?: Network | undefined;
  /** How long (ms) a server may take to be ready. */
  readonly startTimeout?: number;
}

export interface Network {
  readonly name: string;
  /** The name in it of a mode's server. */
  aliasOf(mode: string): string;
}

/** Inside every container; outside, the engine chooses. */
const PORTS: Readonly<Record<Listener, number>> = {
  client: 4222,
  monitor: 8222,
  cluster: 6222,
  leafnode: 7422,
  gateway: 7222,
  websocket: 8080,
  mqtt: 1883,
};
const EVERYWHERE = "0.0.0.0";
const LOOPBACK = "127.0.0.1";

export function createDockerEngine(options: DockerEngineOptions): Engine {
  const { docker, image, version, dir, name, publish, network } = options;
  // In the name of every container: the same sandbox name may be in use in another directory.
  const run = randomBytes(4).toString("hex");
  const users = new Map<string, number>();
  let guard: Promise<Guard> | undefined;
  let guards = 0;
  const swept = sweepContainers(docker).catch(() => 0); // what others left must not keep this one from starting

  const own = labelsOf(options, "guard", { version });
  const isOwn = (labels: Labels) => Object.entries(own).every(([key, value]) => labels[key] === value);

  function openGuard(): Promise<Guard> {
    guards += 1; // the one before may still be on its way out
    const itsName = `nats-sandbox-${name}-guard-${run}${guards === 1 ? "" : `-${guards}`}`;
    return Guard.open(docker, image, itsName, own);
  }

  /** The one there is, or a new one in place of one that somebody removed. */
  async function theGuard(): Promise<Guard> {
    guard ??= openGuard();
    const opening = guard;
    const opened = await opening.catch(() => undefined);
    if (await opened?.lives()) return opening;
    if (guard === opening) guard = undefined;
    return opened === undefined ? opening : theGuard();
  }

  /** The same one for a second start with the same id: what the first one stored is its own. */
  function userOf(id: string): number {
    const user = users.get(id) ?? FIRST_USER + 1 + users.size;
    users.set(id, user);
    return user;
  }

  function containerOf(id: string, itsGuard: Guard): ContainerOptions {
    const [mode = "", server = ""] = id.split("/");
    return {
      image,
      name: `nats-sandbox-${name}-${mode}-${server}-${run}`,
      labels: labelsOf(options, "server", { mode, server, version }),
      user: userOf(id),
      guard: itsGuard,
      publish,
      network: network && { name: network.name, alias: network.aliasOf(mode) },
    };
  }

  return {
    name: "docker",
    title: options.title,
    version,
    async place(id, listeners, ports = {}): Promise<Placement> {
      const asked = listeners.flatMap((one) =>
        ports[one] === undefined ? [] : [[one, ports[one]] as const],
      );
      return {
        root: rootOf(id),
        host: EVERYWHERE,
        ports: Object.fromEntries(listeners.map((listener) => [listener, PORTS[listener]])),
        outside: Object.fromEntries(asked),
      };
    },
    hostsOf(mode) {
      const { host, address, toContainers } = publish;
      const far = address === LOOPBACK ? [] : [host];
      return [
        ...far,
        ...(toContainers ? [toContainers.name] : []),
        ...(network ? [network.aliasOf(mode)] : []),
      ];
    },
    async start(spec, at, signal) {
      signal.throwIfAborted();
      const itsGuard = await theGuard().catch((error: unknown) => {
        throw asEngineError(error, `the server of ${spec.id} did not start`);
      });
      const { startTimeout } = options;
      const more = { version, dir: join(dir, ...spec.id.split("/")), startTimeout };
      return startServer(docker, { ...containerOf(spec.id, itsGuard), ...more }, spec, at, signal);
    },
    async close() {
      await (await guard?.catch(() => undefined))?.close();
      await swept;
      // With a guard that somebody else ended, what it held may have stayed.
      if (guards > 1) await removeVolumes(docker, isOwn).catch(() => {});
    },
  };
}
