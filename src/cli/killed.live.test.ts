/** SIGKILL of the owner at random moments: its servers die with it, the next command clears what it left, and goes on as it was. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { askStatus, lives, portOf } from "../testing/cli-detached.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { MODES, MOMENTS, READY, rememberedPorts } from "../testing/kill-moments.ts";
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

/** The next commands: the same name takes it over; any other, such as that of `check`, clears it away on its way. */
const NEXT: readonly ((room: Room) => Promise<void>)[] = [
  async (room) => {
    const up = await room.start(["up", "open"]).says(READY);
    expect((await up.end("SIGTERM")).status).toBe(0);
  },
  async (room) => {
    const { status, stdout, stderr } = await room.run(["check", "open"]);
    expect({ status, trouble: status === 0 ? [] : [stdout, stderr] }).toEqual({ status: 0, trouble: [] });
  },
  async (room) => {
    const { status, stderr } = await room.run(["down"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "default is not up: nothing to stop\n" });
  },
  async (room) => {
    const before = rememberedPorts(room);
    const { status, stdout, stderr } = await room.run(["up", "--detach", "--json", ...MODES]);
    expect({ status, trouble: status === 0 ? [] : [stdout, stderr] }).toEqual({ status: 0, trouble: [] });
    // Since the kill, any other program may have been given the port: that is told, and so it is not a failure.
    for (const [mode, port] of before)
      if (portOf(JSON.parse(stdout), mode) !== port)
        expect(stderr).toContain(`port ${port}, asked for by ${mode}/server, is taken`);
    expect((await room.run(["down"])).status).toBe(0);
  },
];

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

/** All but the logs that stay after a failed check, which on a machine short of time there may have been before the kill. */
function uncleared(room: Room): readonly string[] {
  const isFile = (file: string) => statSync(join(room.dir, file)).isFile();
  const left = room.left();
  if (!left.some((file) => file.endsWith("/server.log"))) return left;
  return left.filter((file) => isFile(file) && !/\/(server\.log|\.gitignore)$/.test(file));
}

/** One that stops may be quicker than we are. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    expect(lives(pid)).toBe(false);
  }
}
