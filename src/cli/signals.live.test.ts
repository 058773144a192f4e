/** Signals, at every moment: the exit status says when they came, and nothing of ours outlives its owner. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../testing/cli-program.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";

const MODES = ["tls-verify", "user-pass-bcrypt", "open"];
const READY = /Ctrl-C stops everything/;
const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const SIGNALS = Object.keys(STATUS) as readonly (keyof typeof STATUS)[];

beforeAll(() => realServer()); // a first fetch is no part of any start below

async function nothingIsLeft(room: Room): Promise<void> {
  expect(await room.remaining()).toEqual([]);
  expect(room.left()).toEqual([]);
}

describe.concurrent("a signal before it is ready", () => {
  const moments = [0, 50, 100, 200, 300, 400, 500, 600];
  const cases = moments.flatMap((ms) => SIGNALS.map((signal) => ({ ms, signal })));
  it.each(cases)("$signal after $ms ms: 128 + its number, and nothing is left", async ({ ms, signal }) => {
    await using room = await openRoom("signal");
    const up = room.start(["up", ...MODES]);
    await sleep(ms);
    const { status, stdout, stderr } = await up.end(signal);
    // On a fast machine the later ones may come too late, and find it ready.
    expect(status).toBe(READY.test(stdout) ? 0 : STATUS[signal]);
    expect(stderr).not.toMatch(/✖|^ {4}at /m);
    await nothingIsLeft(room);
  });

  it.each(SIGNALS)("%s while the servers are starting", async (signal) => {
    await using room = await openRoom("signal-starting");
    const up = room.start(["up", ...MODES]);
    await eventually(() => room.servers().length > 0, "a server");
    const { status, stdout } = await up.end(signal);
    expect({ status, stdout }).toEqual({ status: STATUS[signal], stdout: "" });
    await nothingIsLeft(room);
  });

  it.each(SIGNALS)("%s while a check of check runs", async (signal) => {
    await using room = await openRoom("signal-checking");
    const check = await room.start(["check", "--verbose", "core"]).says(/✔/);
    const { status, stdout } = await check.end(signal);
    expect({ status, stdout }).toEqual({ status: STATUS[signal], stdout: "" });
    await nothingIsLeft(room);
  });
});

describe.concurrent("a signal once it is ready", () => {
  it.each(SIGNALS)("%s: 0, and nothing is left", async (signal) => {
    await using room = await openRoom("signal-ready");
    const up = await room.start(["up", "open", "tls"]).says(READY);
    expect((await up.end(signal)).status).toBe(0);
    await nothingIsLeft(room);
  });

  it("the second one, while it stops, ends it at once", async () => {
    await using room = await openRoom("signal-twice");
    const up = await room.start(["up", "open"]).says(READY);
    // A stopped process does not take the SIGTERM, so that stopping it lasts the 2 s until SIGKILL.
    for (const pid of room.servers()) process.kill(pid, "SIGSTOP");
    up.kill("SIGINT");
    await up.says(/stopping…/);
    up.kill("SIGINT"); // at once, as npm repeats what the terminal sent: still the first one
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(room.processes().size).toBeGreaterThan(0);
    const { status } = await up.end("SIGINT"); // waiting for the stop it would be 0
    expect(status).toBe(130);
    await eventually(() => room.processes().size === 0, "the server to end with its owner");
  });
});
