/** Opens the Docker engine for a sandbox: finds it, sees that it has the image, asks which server that holds. */
import { isIPv4 } from "node:net";
import type Docker from "dockerode";
import type { DockerSettings } from "../../config/config.ts";
import { SandboxError } from "../../errors.ts";
import { markContainers } from "../clear-dead.ts";
import type { Engine } from "../engine.ts";
import { connectDocker } from "./connect.ts";
import type { Publishing } from "./container.ts";
import { createDockerEngine, type Network } from "./docker.ts";
import { asEngineError, statusOf } from "./failures.ts";
import { obtainImage } from "./image.ts";
import { versionOfImage } from "./image-version.ts";
import { labelsOf } from "./labels.ts";

export interface OpenOptions extends DockerSettings {
  /** False: no image is built out of a binary of this machine. */
  readonly build?: boolean;
  readonly server?: string | undefined;
  readonly offline?: boolean | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** The sandbox's folder and name. */
  readonly dir: string;
  readonly name: string;
}

export async function openDockerEngine(options: OpenOptions): Promise<Engine> {
  const { env, signal, dir, name } = options;
  const connected = await connectDocker(env, signal);
  const { docker, platform, publish, version: engineVersion, endpoint } = connected;
  // First what takes no time: nobody waits for an image to hear that a network's name is wrong.
  const [network, toContainers] = await Promise.all([
    networkOf(docker, options),
    options.containers === true ? gatewayOf(docker) : undefined,
  ]);
  const image = await obtainImage(docker, { ...options, platform });
  markContainers(dir);
  const version = await versionOfImage(docker, image, {
    labels: labelsOf({ dir, name }, "version"),
    env,
    signal,
  });
  return createDockerEngine({
    docker,
    image: image.id,
    version,
    title: `nats-server ${version} from the image ${image.name}, Docker ${engineVersion} at ${endpoint.url}`,
    dir,
    name,
    publish: toContainers === undefined ? publish : { ...publish, toContainers },
    network,
  });
}

/** @throws SandboxError `engine-unavailable` when there is no such network */
async function networkOf(docker: Docker, { network, alias }: OpenOptions): Promise<Network | undefined> {
  if (network === undefined) return undefined;
  try {
    await docker.getNetwork(network).inspect();
  } catch (error) {
    if (statusOf(error) !== 404) throw asEngineError(error, `the network ${network} cannot be looked up`);
    const names = (await docker.listNetworks()).map(({ Name }) => Name).sort();
    throw new SandboxError("engine-unavailable", `the engine has no network ${JSON.stringify(network)}`, {
      detail: `it has: ${names.join(", ")}`,
      fix: `docker network create ${network}, or give one of these`,
    });
  }
  return { name: network, aliasOf: (mode) => alias ?? `nats-${mode}` };
}

/** What `--add-host host.docker.internal:host-gateway` means in a container; some engines know the name by themselves. */
const NAME = "host.docker.internal";

interface AddressPool {
  readonly Gateway?: string | undefined;
  readonly Subnet?: string | undefined;
}

/** IPv4. An engine that was told nothing names the subnet alone, and takes its first address. */
export function gatewayIn(pools: readonly AddressPool[]): string | undefined {
  const addresses = pools.flatMap(({ Gateway, Subnet = "" }) => {
    const [, net, last] = /^(\d+\.\d+\.\d+)\.(\d+)\/\d+$/.exec(Subnet) ?? [];
    return Gateway ?? (net === undefined ? [] : `${net}.${Number(last) + 1}`);
  });
  return addresses.find((address) => isIPv4(address));
}

async function gatewayOf(docker: Docker): Promise<Publishing["toContainers"]> {
  const { OperatingSystem } = await docker.info();
  // There, containers reach what is published on the loopback of the machine around the engine.
  if (OperatingSystem === "Docker Desktop") return { address: "127.0.0.1", name: NAME };
  const { IPAM } = await docker.getNetwork("bridge").inspect();
  const address = gatewayIn(IPAM?.Config ?? []);
  if (address === undefined)
    throw new SandboxError("engine-unavailable", "the engine's usual network has no gateway to publish on", {
      fix: "use --network with a network that the containers are in",
    });
  return { address, name: NAME };
}
