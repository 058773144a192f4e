/** Removes what owners that are dead left in a Docker engine. */
import type Docker from "dockerode";
import type { ContainerInfo } from "dockerode";
import { ownerHasEnded, ROLE } from "./labels.ts";
import { removeContainer } from "./remove.ts";

/** A container (of an owner that we cannot look for) that nobody has started for so long (s) is nobody's. */
const FORGOTTEN = 3600;

/** The number of containers removed; their volumes go with them. */
export async function sweepContainers(docker: Docker): Promise<number> {
  const dead = await deadContainers(docker);
  await Promise.all(dead.map(({ Id }) => removeContainer(docker.getContainer(Id))));
  return dead.length;
}

/** How many there are that a sweep would remove. */
export async function countDead(docker: Docker): Promise<number> {
  return (await deadContainers(docker)).length;
}

async function deadContainers(docker: Docker): Promise<readonly ContainerInfo[]> {
  const all = await docker.listContainers({ all: true, filters: { label: [ROLE] } });
  return all.filter(({ Labels, State, Created }) => {
    const forgotten = State === "created" && Created < Date.now() / 1000 - FORGOTTEN;
    return ownerHasEnded(Labels) ?? forgotten;
  });
}
