/** SIGKILL of the owner at random moments: its servers die with it, and the next command clears what it left. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { eventually, type Program } from "../testing/cli-program.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { readInfo } from "../wire/session.ts";

const MODES = ["tls-verify", "user-pass-bcrypt"];
const READY = /Ctrl-C stops everything/;

beforeAll(() => realServer());

/** Brings a command to the moment of its death. The random part is what makes each run another one. */
const MOMENTS: Readonly<Record<string, (up: Program, room: Room) => Promise<unknown>>> = {
  "before its servers": () => sleep(Math.random() * 400),
  "while it spawns them": (_, room) => eventually(() => room.processes().size > 1, "a process of its own"),
  "while they start": async (_, room) => {
    await eventually(() => room.servers().length > 0, "a server");
    await sleep(Math.random() * 60);
  },
  "while it checks": async (up) => {
    await up.says(/ready at/);
    await sleep(Math.random() * 300);
  },
  "when it is ready": (up) => up.says(READY),
  "while it stops": async (up) => {
    await up.says(READY);
    up.kill("SIGTERM");
    await up.says(/stopping…/);
    await sleep(Math.random() * 40);
  },
};

const RUNS = Array.from({ length: 4 }).flatMap((_, run) =>
  Object.keys(MOMENTS).map((moment) => ({ moment, run })),
);

async function answers(port: number): Promise<boolean> {
  const info = await readInfo("127.0.0.1", port, performance.now() + 2_000).catch(() => undefined);
  return info?.version !== undefined;
}

describe.concurrent("an owner that is killed", () => {
  it.each(RUNS)("$moment leaves no server (run $run)", async ({ moment, run }) => {
    await using room = await openRoom("killed");
    const up = room.start(["up", ...MODES]);
    await MOMENTS[moment]?.(up, room);
    const { stderr } = await up.end("SIGKILL");

    expect(await room.remaining()).toEqual([]);
    const ports = [...stderr.matchAll(/ready at \w+:\/\/localhost:(\d+)/g)].map(([, port]) => Number(port));
    expect(await Promise.all(ports.map(answers))).not.toContain(true);
    expect(room.left().filter((file) => !file.startsWith("work/.nats-sandbox"))).toEqual([]);

    // The same name takes the lock over; any other name, such as that of `check`, clears it away on its way.
    const next = run % 2 === 0 ? room.start(["up", "open"]) : room.start(["check", "open"]);
    if (run % 2 === 0) (await next.says(READY)).kill("SIGTERM");
    const { status, stderr: said } = await next.ended;
    expect({ status, trouble: said.match(/✖.*/g) }).toEqual({ status: 0, trouble: null });
    expect(room.left()).toEqual([]);
  });
});
