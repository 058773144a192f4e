/** Sandbox names: one owner each, many side by side, a dead owner's taken over, and nothing that is not ours touched. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { eventually, type Program } from "../testing/cli-program.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";

const READY = /Ctrl-C stops everything/;
const upAs = (name: string) => ["up", "open", "--name", name];

beforeAll(() => realServer());

/** Starts several commands at once; resolves when each has come up or ended. */
async function race(room: Room, commands: readonly (readonly string[])[]) {
  const programs = commands.map((args) => room.start(args));
  const settled = (one: Program) => READY.test(one.stdout) || !one.running;
  await eventually(() => programs.every(settled), "all to be ready or over");
  const ready = programs.filter(({ stdout }) => READY.test(stdout));
  const over = programs.filter((one) => !ready.includes(one));
  return { ready, over: await Promise.all(over.map(({ ended }) => ended)) };
}

async function stop(ups: readonly Program[]): Promise<readonly number[]> {
  const finished = await Promise.all(ups.map((up) => up.end("SIGTERM")));
  return finished.map(({ status }) => status);
}

/** A lock of an owner that no longer lives, with all that it left. */
async function leaveDead(room: Room, names: readonly string[]): Promise<void> {
  const { ready } = await race(room, names.map(upAs));
  expect(ready).toHaveLength(names.length);
  for (const up of ready) await up.end("SIGKILL");
  for (const name of names) expect(room.left()).toContain(`work/.nats-sandbox/${name}.owner.json`);
}

describe.concurrent("one name", () => {
  it("is refused to a second command, which names the owner and the way out", async () => {
    await using room = await openRoom("second");
    const first = await room.start(upAs("ci")).says(READY);
    const second = await room.run([...upAs("ci"), "--json"]);
    const { error } = JSON.parse(second.stdout);
    expect({ status: second.status, code: error.code }).toEqual({ status: 3, code: "name-in-use" });
    expect(error.detail).toContain(`process ${first.pid} owns it`);
    expect(error.fix).toContain("--name");
    expect(await stop([first])).toEqual([0]);
    expect(room.left()).toEqual([]);
  });

  it.each([
    { count: 2, stale: false },
    { count: 10, stale: false },
    { count: 6, stale: true },
  ])("goes to exactly one of $count at once (after a dead owner: $stale)", async ({ count, stale }) => {
    await using room = await openRoom("race");
    if (stale) await leaveDead(room, ["default"]);
    const { ready, over } = await race(
      room,
      Array.from({ length: count }, () => upAs("default")),
    );
    expect(ready.map(({ stdout }) => stdout.match(/✔ open/g)?.length)).toEqual([1]);
    expect(over.map(({ status }) => status)).toEqual(Array.from({ length: count - 1 }, () => 3));
    for (const { stderr } of over)
      expect(stderr).toMatch(/the sandbox default is already up\n {2}process \d+ owns it/);
    expect(await stop(ready)).toEqual([0]);
    expect(room.left()).toEqual([]);
  });
});

describe.concurrent("several names", () => {
  const names = ["a", "b", "c", "d.e", "F_1-2"];

  it("come up side by side", async () => {
    await using room = await openRoom("names");
    const { ready, over } = await race(room, names.map(upAs));
    expect({ ready: ready.length, over }).toEqual({ ready: names.length, over: [] });
    const urls = new Set(ready.map(({ stdout }) => /nats:\/\/localhost:\d+/.exec(stdout)?.[0]));
    expect(urls.size).toBe(names.length);
    expect(await stop(ready)).toEqual(names.map(() => 0));
    expect(room.left()).toEqual([]);
  });

  it("come up side by side although each had an owner that was killed", async () => {
    await using room = await openRoom("names-dead");
    await leaveDead(room, names);
    const { ready, over } = await race(room, names.map(upAs));
    expect({ ready: ready.length, over }).toEqual({ ready: names.length, over: [] });
    expect(await stop(ready)).toEqual(names.map(() => 0));
    expect(room.left()).toEqual([]);
  });

  it("one that looks like the lock of another one leaves that alone", async () => {
    await using room = await openRoom("names-lock");
    const first = await room.start(upAs("ci")).says(READY);
    const lock = readFileSync(join(room.state, "ci.owner.json"), "utf8");
    expect((await room.run(upAs("ci.owner.json"))).status).toBeGreaterThan(1);
    expect(readFileSync(join(room.state, "ci.owner.json"), "utf8")).toBe(lock);
    expect(await stop([first])).toEqual([0]);
  });
});

describe.concurrent("what is not ours stays as it is", () => {
  const FOREIGN: Readonly<Record<string, (room: Room) => void>> = {
    "a folder with a file in place of the sandbox's": ({ state }) => {
      mkdirSync(join(state, "default"), { recursive: true });
      writeFileSync(join(state, "default/thesis.txt"), "precious");
    },
    "a file in place of the sandbox's folder": ({ state }) => {
      mkdirSync(state);
      writeFileSync(join(state, "default"), "precious");
    },
    "a link in place of the sandbox's folder": ({ state, dir, work }) => {
      mkdirSync(join(work, "elsewhere"));
      writeFileSync(join(work, "elsewhere/thesis.txt"), "precious");
      mkdirSync(state);
      symlinkSync(join(dir, "work/elsewhere"), join(state, "default"));
    },
    "a file in place of the lock": ({ state }) => {
      mkdirSync(state);
      writeFileSync(join(state, "default.owner.json"), "precious");
    },
    "JSON of somebody else in place of the lock": ({ state }) => {
      mkdirSync(state);
      writeFileSync(join(state, "default.owner.json"), '{ "pid": "none" }');
    },
  };

  it.each(Object.keys(FOREIGN))("%s", async (what) => {
    await using room = await openRoom("foreign");
    FOREIGN[what]?.(room);
    const before = room.left();
    const { status, stdout } = await room.run([...upAs("default"), "--json"]);
    expect({ status, error: JSON.parse(stdout).error }).toMatchObject({
      status: 3,
      error: { code: "state-unusable", message: expect.stringContaining(room.state) },
    });
    expect(room.left().filter((file) => !file.endsWith(".nats-sandbox/.gitignore"))).toEqual(before);
    // A second time it is no other: nothing of the first one stands in the way.
    expect(JSON.parse((await room.run([...upAs("default"), "--json"])).stdout).error.code).toBe(
      "state-unusable",
    );
    expect((await room.run(["check", "open"])).status).toBe(0);
  });

  it.each([
    ["its .gitignore", [".gitignore"]],
    ["its files", ["main.go"]],
  ])("a folder of the user's own as NATS_SANDBOX_HOME, and %s", async (_, names) => {
    await using room = await openRoom("own-home");
    const own = join(room.work, "project");
    mkdirSync(own);
    for (const name of names) writeFileSync(join(own, name), "precious\n");
    const up = room.start(upAs("default"), { env: { NATS_SANDBOX_HOME: own } });
    await up.says(READY);
    const git = readdirSync(own).filter((file) => file === ".gitignore");
    expect(git).toEqual(names.filter((name) => name === ".gitignore"));
    expect(await stop([up])).toEqual([0]);
    expect(readdirSync(own).filter((file) => file !== "default")).toEqual(names);
    expect(readdirSync(join(own, "default")).sort()).toEqual([".sandbox.json", "identity"]);
    for (const name of names) expect(readFileSync(join(own, name), "utf8")).toBe("precious\n");
  });
});
