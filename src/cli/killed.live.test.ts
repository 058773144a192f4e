/** SIGKILL of the owner at random moments: its servers die with it, the next command clears what it left, and goes on as it was. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { kill, NEXT, uncleared } from "../testing/after-kill.ts";
import { askStatus, lives } from "../testing/cli-detached.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { MOMENTS } from "../testing/kill-moments.ts";
import { randomFor, SEED } from "../testing/random.ts";

vi.setConfig({ testTimeout: 120_000 }); // several lives each, many at once
beforeAll(() => realServer());

const KILLS = 100;
const NAMES = Object.keys(MOMENTS);
const RUNS = Array.from({ length: KILLS }, (_, index) => ({
  moment: NAMES[index % NAMES.length] ?? "",
  run: Math.floor(index / NAMES.length),
}));

/** A second, on a machine that has nothing else to do: so many looks, a pause of 10 ms after each. */
const LOOKS = 100;

/** Servers and watchdogs: all that an owner has started and that must not outlive it. */
function orphans(room: Room): readonly string[] {
  return [...room.processes().values()].filter((args) => args.includes("/server.conf"));
}

async function withinASecond(done: () => boolean): Promise<boolean> {
  for (let look = 0; look < LOOKS; look += 1) {
    if (done()) return true;
    await sleep(10);
  }
  return false;
}

describe.concurrent(`an owner that is killed (seed ${SEED})`, () => {
  it.each(RUNS)("$moment leaves no server (run $run)", async ({ moment, run }) => {
    await using room = await openRoom("killed");
    const owner = await MOMENTS[moment]?.(room, randomFor(`${moment} ${run}`));
    kill(owner ?? 0);
    const over = () => orphans(room).length === 0 && !lives(owner ?? 0);
    expect(await withinASecond(over), orphans(room).join("\n")).toBe(true);
    // The command of an `exec` is the user's own, and what another command asked of the owner has failed by now.
    for (const [pid, args] of room.processes()) if (args.startsWith("/bin/sleep")) kill(pid);
    expect(await room.remaining()).toEqual([]);
    expect((await askStatus(room)).exit).toBe(3);
    expect(room.left().filter((file) => !file.startsWith("work/.nats-sandbox"))).toEqual([]);

    await NEXT[run % NEXT.length]?.(room);
    expect(await room.remaining()).toEqual([]);
    expect(uncleared(room)).toEqual([]);
  });
});
