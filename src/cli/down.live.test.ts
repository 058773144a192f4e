/** `down` whatever the sandbox is doing: starting, up, hung, restarting, gone; and what `--forget` leaves, which is nothing. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { askStatus, keepers, lives, nothingRuns, upDetached } from "../testing/cli-detached.ts";
import { eventually } from "../testing/cli-program.ts";
import { openRoom, realServer } from "../testing/cli-room.ts";

const READY = /Ctrl-C stops everything/;

vi.setConfig({ testTimeout: 120_000 }); // several lives each, many at once
beforeAll(() => realServer());

describe.concurrent("down", () => {
  it("of nothing is 0, and makes nothing", async () => {
    await using room = await openRoom("down-nothing");
    for (const args of [["down"], ["down", "--all"], ["down", "--name", "x"], ["down", "--forget"]]) {
      const { status, stdout, stderr } = await room.run([...args, "--json"]);
      expect({ status, stdout: JSON.parse(stdout) }).toEqual({
        status: 0,
        stdout: { schema: 1, stopped: [] },
      });
      expect(stderr).toMatch(/nothing to stop/);
    }
    expect(room.left()).toEqual([]);
  });

  it("stops a sandbox in the foreground too, which ends as with Ctrl-C", async () => {
    await using room = await openRoom("down-foreground");
    const up = await room.start(["up", "open", "tls"]).says(READY);
    expect((await askStatus(room)).document.owner).toBe(up.pid);
    expect((await room.run(["down"])).status).toBe(0);
    const { status, stdout, stderr } = await up.ended;
    expect({ status, trouble: status === 0 ? [] : [stdout, stderr] }).toEqual({ status: 0, trouble: [] });
    await nothingRuns(room);
  });

  it.each([
    ["up", "tls", "user-pass"],
    ["up", "-d", "tls", "user-pass"],
  ])("while it starts ends the %s %s", async (...args) => {
    await using room = await openRoom("down-starting");
    const up = room.start(args);
    await eventually(() => room.servers().length > 0, "a server");
    const down = await room.run(["down", "--json"]);
    expect({ status: down.status, ...JSON.parse(down.stdout) }).toEqual({
      status: 0,
      schema: 1,
      stopped: ["default"],
    });
    // On a fast machine it may have been ready in between: then it was stopped like any other.
    expect([0, 3, 143]).toContain((await up.ended).status);
    expect((await up.ended).stderr).not.toMatch(/bug|^ {4}at /m);
    await nothingRuns(room);
  });

  it("while it restarts, at whatever moment, leaves nothing", async () => {
    await using room = await openRoom("down-restarting");
    for (const ms of [0, 20, 60, 120, 200]) {
      await upDetached(room, ["open", "tls"]);
      const restart = room.start(["restart"]);
      await new Promise((resolve) => setTimeout(resolve, ms));
      expect((await room.run(["down"])).status).toBe(0);
      await nothingRuns(room);
      const { status, stderr } = await restart.ended;
      expect([0, 3]).toContain(status);
      expect(stderr).not.toMatch(/bug|^ {4}at /m);
    }
  });

  it("ends an owner that hangs, its servers with it", async () => {
    await using room = await openRoom("down-hung");
    const { owner } = await upDetached(room);
    process.kill(owner, "SIGSTOP");
    const asked = room.run(["status"]);
    const { status, stderr } = await room.run(["down"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "default is stopped\n" });
    expect(lives(owner)).toBe(false);
    const { status: told, stderr: said } = await asked;
    expect({ told, said }).toEqual({
      told: 3,
      said: expect.stringContaining("the sandbox default does not answer"),
    });
    await nothingRuns(room);
  });

  it("ends servers that take no notice", async () => {
    await using room = await openRoom("down-deaf");
    await upDetached(room, ["open", "token"]);
    for (const pid of room.servers()) process.kill(pid, "SIGSTOP");
    expect((await room.run(["down"])).status).toBe(0);
    await nothingRuns(room);
  });

  it("asks nobody of another machine to end, nor a process here that has its number", async () => {
    await using room = await openRoom("down-elsewhere");
    const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1_000_000)"], {
      stdio: "ignore",
    });
    try {
      mkdirSync(room.state);
      const lock = { pid: bystander.pid, started: "then", host: "elsewhere.example.test" };
      writeFileSync(join(room.state, "default.owner.json"), JSON.stringify(lock));
      const { status, stdout } = await room.run(["down", "--json"]);
      const { error } = JSON.parse(stdout);
      expect({ status, code: error.code, message: error.message }).toEqual({
        status: 3,
        code: "name-in-use",
        message: "the sandbox default is up on elsewhere.example.test",
      });
      expect(lives(bystander.pid ?? 0)).toBe(true);
      expect(JSON.parse(readFileSync(join(room.state, "default.owner.json"), "utf8"))).toEqual(lock);
    } finally {
      bystander.kill("SIGKILL");
    }
  });
});

describe.concurrent("down --forget", () => {
  it("leaves nothing of a sandbox that is up, nor of one that is not", async () => {
    await using room = await openRoom("forget");
    await upDetached(room, ["tls", "token"]);
    expect((await room.run(["down"])).status).toBe(0);
    expect(room.lasting()).not.toEqual([]);
    expect((await room.run(["down", "--forget"])).status).toBe(0);
    expect([room.left(), room.lasting()]).toEqual([[], []]);
    await upDetached(room, ["tls", "token"]);
    expect((await room.run(["down", "--forget"])).status).toBe(0);
    await nothingRuns(room);
    expect(room.lasting()).toEqual([]);
  });

  it("leaves nothing of one that is only starting, or that was killed", async () => {
    await using room = await openRoom("forget-starting");
    const up = room.start(["up", "tls", "user-pass"]);
    await eventually(() => room.lasting().some((file) => file.endsWith(".json")), "an identity");
    expect((await room.run(["down", "--forget"])).status).toBe(0);
    await up.ended;
    await nothingRuns(room);
    expect(room.lasting()).toEqual([]);
    const { owner } = await upDetached(room);
    process.kill(owner, "SIGKILL");
    await eventually(() => room.processes().size === 0, "its servers to end");
    expect((await room.run(["down", "--forget"])).status).toBe(0);
    expect([room.left(), room.lasting()]).toEqual([[], []]);
  });

  it("forgets one name and no other; with --all those that are up", async () => {
    await using room = await openRoom("forget-one");
    for (const name of ["a", "b", "c"]) await upDetached(room, ["open", "--name", name]);
    await room.run(["down", "--name", "c"]);
    await room.run(["down", "--name", "a", "--forget"]);
    const has = (name: string) => existsSync(join(room.state, name, "identity/open.json"));
    expect(["a", "b", "c"].map(has)).toEqual([false, true, true]);
    expect(keepers(room)).toHaveLength(1);
    await room.run(["down", "--all", "--forget"]);
    expect(["a", "b", "c"].map(has)).toEqual([false, false, true]);
    await nothingRuns(room);
  });
});
