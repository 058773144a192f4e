/** SIGKILL of the owner at random moments, its servers in containers: they die with it, and the next command clears what was only created. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { kill, NEXT, uncleared } from "../testing/after-kill.ts";
import { askStatus, lives, serverAt } from "../testing/cli-detached.ts";
import { eventually } from "../testing/cli-program.ts";
import { realServer } from "../testing/cli-room.ts";
import { NO_DOCKER } from "../testing/docker-lab.ts";
import { type DockerRoom, openDockerRoom } from "../testing/docker-rooms.ts";
import { momentsOf } from "../testing/kill-moments.ts";
import { randomFor, SEED } from "../testing/random.ts";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 3 });
beforeAll(() => realServer());

const KILLS = 30;

const MOMENTS = momentsOf({
  spawns: async (room) => (await (room as DockerRoom).containers()).length > 0,
  starts: async (room) => (await running(room as DockerRoom)).length > 1,
  slowness: 3,
});
const NAMES = Object.keys(MOMENTS);
const RUNS = Array.from({ length: KILLS }, (_, index) => ({
  moment: NAMES[index % NAMES.length] ?? "",
  run: Math.floor(index / NAMES.length),
  next: NEXT[index % NEXT.length],
}));

/** On a machine that has nothing else to do, looks of 30 ms each: one second, and three. */
const A_SECOND = 33;
const THREE_SECONDS = 100;

async function running(room: DockerRoom) {
  return (await room.containers()).filter(({ State }) => State === "running");
}

/** The servers that answer, each at its port. */
async function answering(room: DockerRoom): Promise<ReadonlyMap<number, string>> {
  const ports = (await running(room)).flatMap(({ Ports }) =>
    Ports.flatMap(({ PublicPort = [] }) => PublicPort),
  );
  const found = await Promise.all(ports.map(async (port) => [port, await serverAt(port)] as const));
  return new Map(found.flatMap(([port, id]) => (id === undefined ? [] : [[port, id] as const])));
}

/** A port that was given back may soon be another server's. */
async function stillAnswering(before: ReadonlyMap<number, string>): Promise<readonly number[]> {
  const now = await Promise.all(
    [...before].map(async ([port, id]) => ((await serverAt(port)) === id ? [port] : [])),
  );
  return now.flat();
}

/** What there is after so many looks, or nothing as soon as there is nothing. */
async function lastOf<T>(looks: number, look: () => Promise<readonly T[]>): Promise<readonly T[]> {
  let last = await look();
  for (let count = 1; count < looks && last.length > 0; count += 1) {
    await sleep(30);
    last = await look();
  }
  return last;
}

describe.skipIf(NO_DOCKER !== "").concurrent(`an owner that is killed, in containers (seed ${SEED})`, () => {
  it.each(RUNS)("$moment leaves no container that runs (run $run)", async ({ moment, run, next }) => {
    await using room = await openDockerRoom("docker-killed");
    const owner = await MOMENTS[moment]?.(room, randomFor(`${moment} ${run}`));
    const before = /when it is ready|command runs/.test(moment) ? await answering(room) : new Map();
    kill(owner ?? 0);
    await eventually(() => !lives(owner ?? 0), "the owner to be dead");
    expect(await lastOf(A_SECOND, () => stillAnswering(before))).toEqual([]);
    expect(
      await lastOf(THREE_SECONDS, async () => (await running(room)).map(({ Names }) => Names[0])),
    ).toEqual([]);
    // The command of an `exec` is the user's own, and what another command asked of the owner has failed by now.
    for (const [pid, args] of room.processes()) if (args.startsWith("/bin/sleep")) kill(pid);
    expect(await room.remaining()).toEqual([]);
    expect((await askStatus(room)).exit).toBe(3);
    expect(room.left().filter((file) => !file.startsWith("work/.nats-sandbox"))).toEqual([]);

    await next?.(room);
    expect(await room.remaining()).toEqual([]);
    expect(await room.leftovers()).toEqual([]);
    expect(uncleared(room)).toEqual([]);
  });
});
