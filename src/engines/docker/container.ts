/** The container of one server: what it is, and what it is not allowed. */
import type Docker from "dockerode";
import type { Container } from "dockerode";
import type { Listener } from "../../model.ts";
import type { Placement } from "../engine.ts";
import { FILES, type Guard } from "./guard.ts";
import { HARDENED } from "./hardening.ts";
import type { Labels } from "./labels.ts";
import { removeContainer } from "./remove.ts";

export interface ContainerOptions {
  readonly image: string;
  /** Unique in the engine. */
  readonly name: string;
  readonly labels: Labels;
  /** User and group: a number of its own. */
  readonly user: number;
  readonly guard: Guard;
  readonly publish: Publishing;
  /** A network of the user's, and the server's name in it. */
  readonly network?: { readonly name: string; readonly alias: string } | undefined;
}

export interface Publishing {
  /** Address of the engine's machine to publish on. */
  readonly address: string;
  /** How clients on this machine name the engine's. */
  readonly host: string;
  /** An address of the engine's machine that its containers reach, by that name. */
  readonly toContainers?: { readonly address: string; readonly name: string };
}

export function rootOf(id: string): string {
  return `${FILES}/${folderOf(id)}`;
}

/** Names of modes and servers have no dots. */
export function folderOf(id: string): string {
  return id.replaceAll("/", ".");
}

/** Created, in the user's network if there is one, and not started. */
export async function createContainer(
  docker: Docker,
  options: ContainerOptions,
  at: Placement,
  listeners: readonly Listener[],
): Promise<Container> {
  const { user, guard, network } = options;
  const ports = Object.fromEntries(
    listeners.map((listener) => [portKey(at, listener), bindingsOf(options.publish, at, listener)]),
  );
  const container = await docker.createContainer({
    name: options.name,
    Image: options.image,
    Labels: options.labels,
    User: `${user}:${user}`,
    // For the image's own entry point, whichever binary that is.
    Cmd: ["-c", `${at.root}/server.conf`],
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((key) => [key, {}])),
    HostConfig: {
      ...HARDENED,
      PidMode: `container:${guard.id}`,
      VolumesFrom: [guard.id],
      PortBindings: ports,
    },
  });
  if (network !== undefined) await joinNetwork(docker, container, network);
  return container;
}

/** Beside the engine's own network, not in its place: nothing is published from an `internal` one. */
async function joinNetwork(
  docker: Docker,
  container: Container,
  { name, alias }: NonNullable<ContainerOptions["network"]>,
): Promise<void> {
  try {
    await docker.getNetwork(name).connect({ Container: container.id, EndpointConfig: { Aliases: [alias] } });
  } catch (error) {
    await removeContainer(container);
    throw error;
  }
}

/** As the engine names the port of a listener inside. */
export function portKey(at: Placement, listener: Listener): string {
  return `${at.ports[listener]}/tcp`;
}

/** No number: the engine chooses one that is free. */
function bindingsOf({ address, toContainers }: Publishing, at: Placement, listener: Listener) {
  const asked = at.outside?.[listener];
  const here = { HostIp: address, HostPort: asked === undefined ? "" : String(asked) };
  return toContainers === undefined || toContainers.address === address || listener !== "client"
    ? [here]
    : [here, { HostIp: toContainers.address, HostPort: "" }];
}
