/** Rooms whose commands run servers in containers, and what the engine has of them, as it tells it itself. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import type { ContainerInfo, ContainerInspectInfo } from "dockerode";
import { ROLE } from "../engines/docker/labels.ts";
import { removeContainer } from "../engines/docker/remove.ts";
import { eventually } from "./cli-program.ts";
import { openRoom, type Room } from "./cli-room.ts";
import { connectTestDocker, DOCKER_ENV } from "./docker-lab.ts";

const LABEL = "nats-sandbox";
const SETTINGS = "nats-sandbox.yaml";
/** Which version an image holds is asked once a machine. */
const CACHE = /^home\/\.cache(\/nats-sandbox(\/images\.json)?)?$/;

export type Role = "guard" | "server";

export interface DockerRoom extends Room {
  readonly docker: Docker;
  /** Containers of its sandboxes, in any state. */
  containers(role?: Role): Promise<readonly ContainerInfo[]>;
  inspected(role?: Role): Promise<readonly ContainerInspectInfo[]>;
  volumes(): Promise<readonly string[]>;
  /** What the engine has of it, in words, once that is nothing or long enough has been waited. */
  leftovers(): Promise<readonly string[]>;
}

/** `other`: not the engine of all tests. */
export async function openDockerRoom(
  name: string,
  other?: { readonly docker: Docker; readonly host: string },
): Promise<DockerRoom> {
  const room = await openRoom(name);
  const docker = other?.docker ?? (await connectTestDocker()).docker;
  const engine = other === undefined ? DOCKER_ENV : { DOCKER_HOST: other.host };
  writeFileSync(join(room.work, SETTINGS), "engine: docker\n");
  const mine = (labels: Readonly<Record<string, string>> | undefined) =>
    labels?.[`${LABEL}.project`]?.startsWith(`${room.dir}/`) === true;

  const containers: DockerRoom["containers"] = async (role) => {
    const all = await docker.listContainers({ all: true, filters: { label: [ROLE] } });
    return all.filter(({ Labels }) => mine(Labels) && (role === undefined || Labels[ROLE] === role));
  };
  const volumes: DockerRoom["volumes"] = async () => {
    const { Volumes } = await docker.listVolumes({ filters: { label: [ROLE] } });
    return (Volumes ?? []).filter(({ Labels }) => mine(Labels)).map(({ Name }) => Name);
  };
  const start: Room["start"] = (args, options = {}) =>
    room.start(args, { ...options, env: { ...engine, ...options.env } });
  return {
    ...room,
    docker,
    start,
    run: (args, options) => start(args, options).ended,
    left: () => room.left().filter((file) => file !== `work/${SETTINGS}` && !CACHE.test(file)),
    containers,
    volumes,
    async inspected(role) {
      return Promise.all((await containers(role)).map(({ Id }) => docker.getContainer(Id).inspect()));
    },
    async leftovers() {
      let last: readonly string[] = [];
      await eventually(async () => {
        const all = await containers();
        last = [...all.map(({ Names, State }) => `${Names.join()} ${State}`), ...(await volumes())];
        return last.length === 0;
      }, "the engine to have nothing of it").catch(() => {});
      return last;
    },
    async [Symbol.asyncDispose]() {
      await room[Symbol.asyncDispose]();
      const left = await containers().catch(() => []); // an engine that a test has ended
      await Promise.all(left.map(({ Id }) => removeContainer(docker.getContainer(Id))));
    },
  };
}
