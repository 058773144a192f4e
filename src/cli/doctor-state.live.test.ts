/** What `doctor` finds in the state directory, and of the clock. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { recordProcess } from "../state/state.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { clockOff, DAYS, examine, expectOne } from "../testing/doctor-room.ts";
import { DEAD, deadPid, LIVING, leave } from "../testing/state-home.ts";

beforeAll(() => realServer());

describe.concurrent("the state directory", () => {
  it.each<[string, (room: Room) => string]>([
    ["a file", (room) => room.script("file", "")],
    ["below a file", (room) => join(room.script("file", ""), "x/y")],
  ])("is %s", async (_, value) => {
    await using room = await openRoom("home");
    const found = await examine(room, { env: { NATS_SANDBOX_HOME: value(room) } });
    expectOne(found, "state", "problem", /scripts\/file.*cannot be written/, /NATS_SANDBOX_HOME/);
  });

  it.runIf(process.platform === "linux")("is where nothing can be stored (needs /proc)", async () => {
    await using room = await openRoom("home-proc");
    const { status, bad } = await examine(room, { env: { NATS_SANDBOX_HOME: "/proc/nats-sandbox" } });
    expect(status).toBe(3);
    expect(["state", "disk"]).toEqual(expect.arrayContaining(Object.keys(bad)));
  });

  it("may be written by others", async () => {
    await using room = await openRoom("home-shared");
    mkdirSync(room.state);
    chmodSync(room.state, 0o777);
    expectOne(await examine(room), "state", "warning", /mode 777/, /^chmod 700 /);
  });
});

describe.concurrent("a sandbox", () => {
  const laterVersion = (room: Room, name: string) => {
    mkdirSync(join(room.state, name), { recursive: true, mode: 0o700 });
    writeFileSync(join(room.state, name, ".sandbox.json"), '{"schema":9}');
  };
  const left = (room: Room, name: string, owner: object) => {
    leave(room.state, name, owner);
    chmodSync(join(room.state, name), 0o700);
  };

  it("that is up is told with its owner, one that is down with what it keeps", async () => {
    await using room = await openRoom("up");
    left(room, "one", LIVING);
    mkdirSync(join(room.state, "two/identity"), { recursive: true, mode: 0o700 });
    for (const file of [".sandbox.json", "identity/tls.json"])
      writeFileSync(join(room.state, "two", file), "{}");
    const { status, bad, items } = await examine(room);
    expect({ status, bad }).toEqual({ status: 0, bad: {} });
    const text = items.map((item) => item.text).join("\n");
    expect(text).toMatch(new RegExp(`sandbox one is up: process ${process.ppid} owns it, since 20\\d\\d-`));
    expect(text).toMatch(/sandbox two is not up; the next up has the same ports/);
  });

  it("whose owner was killed is told with what it left, and still there afterwards", async () => {
    await using room = await openRoom("dead");
    left(room, "one", DEAD);
    const fix = /^nats-sandbox down --name one/;
    expectOne(
      await examine(room),
      "sandbox-one",
      "warning",
      new RegExp(`process ${deadPid}.* left files$`),
      fix,
    );
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    try {
      recordProcess(join(room.state, "one/mode"), child.pid ?? 0);
      expectOne(await examine(room), "sandbox-one", "warning", /1 running server/, fix);
      expect(child.exitCode ?? child.signalCode).toBeNull();
    } finally {
      child.kill("SIGKILL");
    }
    expect((await room.run(["down", "--name", "one"])).status).toBe(0);
    expect((await examine(room)).bad).toEqual({});
  });

  it.each<[string, (room: Room, name: string) => void, RegExp]>([
    [
      "belongs to another machine",
      (room, name) => left(room, name, { ...DEAD, host: "elsewhere.test" }),
      /elsewhere\.test/,
    ],
    ["is of a later version", laterVersion, /later version/],
    ["is no sandbox", (room, name) => leave(room.state, name, DEAD, ["notes.txt"]), /is not ours/],
    [
      "has a lock that is none",
      (room, name) => {
        mkdirSync(room.state, { recursive: true });
        writeFileSync(join(room.state, `${name}.owner.json`), "{}");
      },
      /owner\.json is there and is not ours/,
    ],
  ])("that %s is in the way, of up itself when it is the default one", async (_, make, says) => {
    await using room = await openRoom("other");
    make(room, "one");
    expectOne(await examine(room), "sandbox-one", "warning", says, /--name/);
    make(room, "default");
    const { status, bad } = await examine(room);
    expect({ status, state: bad["sandbox-default"]?.state }).toEqual({ status: 3, state: "problem" });
  });

  it("that others may read", async () => {
    await using room = await openRoom("readable");
    left(room, "one", LIVING);
    chmodSync(join(room.state, "one"), 0o755);
    expectOne(await examine(room), "sandbox-one-mode", "warning", /mode 755/, /^chmod 700 .*\/one$/);
  });
});

describe.concurrent("the clock", () => {
  it("is before this program came here, or long after", async () => {
    await using room = await openRoom("clock");
    expectOne(await examine(room, clockOff(-9000)), "clock", "problem", /was installed on/, /^set the clock/);
    expectOne(await examine(room, clockOff(9000)), "clock", "warning", /years after/, /^set the clock/);
    expect((await examine(room, clockOff(300))).bad).toEqual({});
  });

  it("is before files that are here already", async () => {
    await using room = await openRoom("clock-files");
    leave(room.state, "one", LIVING);
    chmodSync(join(room.state, "one"), 0o700);
    const ahead = new Date(Date.now() + DAYS);
    utimesSync(join(room.state, "one"), ahead, ahead);
    expectOne(await examine(room), "clock", "warning", /was written to at/, /^set the clock/);
  });

  it("has left the certificates of a running sandbox behind", async () => {
    await using room = await openRoom("clock-certificates");
    const up = room.start(["up", "tls", "--name", "one"]);
    await up.says(/Ctrl-C stops everything/);
    expect((await examine(room, clockOff(20))).bad).toEqual({});
    const expired = await examine(room, clockOff(29));
    expectOne(
      expired,
      "certificates-one-tls",
      "warning",
      /of tls in the sandbox one expired on/,
      /up tls --name one --fresh$/,
    );
    const early = await examine(room, clockOff(-1));
    expect(early.bad["certificates-one-tls"]?.text).toMatch(/is not valid before/);
    expect((await up.end("SIGINT")).status).toBe(0);
  });
});
