/** A sweep removes what a dead owner left, and nothing else: what lives, or cannot be looked for, stays. */
import type Docker from "dockerode";
import { expect, it } from "vitest";
import { type Labels, labelsOf, ownerHasEnded } from "./labels.ts";
import { countDead, sweepContainers } from "./sweep.ts";

const LIVING = labelsOf({ dir: "/somewhere", name: "default" }, "server");
const HOST = LIVING["nats-sandbox.owner-host"] ?? "";
const NOW = Date.now() / 1000;
const HOURS = 3600;

const dead = { ...LIVING, "nats-sandbox.owner-started": "another start of that pid" };
const at = (host: string) => ({ ...dead, "nats-sandbox.owner-host": host });

const CASES: Readonly<Record<string, { labels: Labels; state?: string; age?: number; goes: boolean }>> = {
  "a living owner": { labels: LIVING, goes: false },
  "a living owner, never started": { labels: LIVING, state: "created", age: 9 * HOURS, goes: false },
  "a dead owner": { labels: dead, goes: true },
  "a dead owner, never started": { labels: dead, state: "created", goes: true },
  "a dead owner with no such pid": { labels: { ...LIVING, "nats-sandbox.owner-pid": "4194305" }, goes: true },
  "another host": { labels: at("another pid:[1]"), goes: false },
  "another pid namespace of this host": { labels: at(`${HOST.split(" ")[0]} pid:[1]`), goes: false },
  "another host, never started, just now": { labels: at("another"), state: "created", goes: false },
  "another host, never started, long ago": {
    labels: at("another"),
    state: "created",
    age: 2 * HOURS,
    goes: true,
  },
  "another host, running for long": { labels: at("another"), age: 999 * HOURS, goes: false },
};

it.each(Object.entries(CASES))(
  "what it does with a container of %s",
  async (_, { labels, state, age = 1, goes }) => {
    const removed: string[] = [];
    const volumes: string[] = [];
    const docker = {
      listContainers: async () => [
        { Id: "it", Labels: labels, State: state ?? "running", Created: NOW - age },
      ],
      listVolumes: async () => ({ Volumes: [{ Name: "its", Labels: labels }] }),
      getVolume: (name: string) => ({ remove: async () => volumes.push(name) }),
      getContainer: (id: string) => ({ remove: async () => removed.push(id) }),
    } as unknown as Docker;
    expect(await countDead(docker)).toBe(goes ? 1 : 0);
    expect(await sweepContainers(docker)).toBe(goes ? 1 : 0);
    expect(removed).toEqual(goes ? ["it"] : []);
    expect(volumes).toEqual(goes && ownerHasEnded(labels) ? ["its"] : []);
  },
);
