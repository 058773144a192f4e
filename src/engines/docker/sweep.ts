/** Removes what owners that are dead left in a Docker engine. */
import type Docker from "dockerode";
import type { ContainerInfo } from "dockerode";
import { statusOf } from "./failures.ts";
import { type Labels, ownerHasEnded, ROLE } from "./labels.ts";
import { removeContainer } from "./remove.ts";

/** A container (of an owner that we cannot look for) that nobody has started for so long (s) is nobody's. */
const FORGOTTEN = 3600;

/** The number of containers removed; their volumes go with them, but for those of an engine that was ended itself. */
export async function sweepContainers(docker: Docker): Promise<number> {
  const dead = await deadContainers(docker);
  await Promise.all(dead.map(({ Id }) => removeContainer(docker.getContainer(Id))));
  await removeVolumes(docker, (labels) => ownerHasEnded(labels) === true);
  return dead.length;
}

/** Those that nothing uses, of ours. */
export async function removeVolumes(docker: Docker, whose: (labels: Labels) => boolean): Promise<void> {
  const { Volumes } = await docker.listVolumes({ filters: { label: [ROLE], dangling: ["true"] } });
  const ours = (Volumes ?? []).filter(({ Labels }) => whose(Labels ?? {}));
  await Promise.all(ours.map(({ Name }) => docker.getVolume(Name).remove().catch(unlessGone)));
}

/** Gone meanwhile, or in use after all. */
function unlessGone(error: unknown): void {
  const status = statusOf(error);
  if (status !== 404 && status !== 409) throw error;
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
