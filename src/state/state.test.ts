import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { all, DEAD, LIVING, leave, modeOf } from "../testing/state-home.ts";
import { makePrivateDir } from "./private-files.ts";
import { startTime } from "./process-id.ts";
import { checkName, openState, sweepDead } from "./state.ts";

let root: string;
let home: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "state-"));
  home = join(root, ".nats-sandbox");
});
afterEach(() => rmSync(root, { recursive: true }));

describe("a sandbox's folder", () => {
  it("is private, kept out of git, and gone with its lock and its home when it is released", () => {
    const state = openState(home, "one");
    expect(state).toMatchObject({ name: "one", dir: join(home, "one") });
    expect([home, state.dir].map(modeOf)).toEqual(["700", "700"]);
    expect([join(home, "one.owner.json"), join(state.dir, ".sandbox.json")].map(modeOf)).toEqual([
      "600",
      "600",
    ]);
    expect(readFileSync(join(home, ".gitignore"), "utf8")).toMatch(/^\*$/m);
    makePrivateDir(join(state.dir, "deep/er"));
    writeFileSync(join(state.dir, "deep/er/file"), "");
    state.release();
    expect(readdirSync(root)).toEqual([]);
  });

  it("leaves its logs alone when asked to, and the next one clears them", () => {
    const state = openState(home, "one");
    makePrivateDir(join(state.dir, "mode/server"));
    for (const file of ["server.log", "server.conf", "key.pem"])
      writeFileSync(join(state.dir, "mode/server", file), "");
    writeFileSync(join(state.dir, "app.env"), "");
    state.release({ keepLogs: true });
    const files = all(home).filter((path) => statSync(join(home, path)).isFile());
    expect(files).toEqual([".gitignore", "one/.sandbox.json", "one/mode/server/server.log"]);
    const next = openState(home, "one");
    expect(all(next.dir)).toEqual([".sandbox.json"]);
    next.release();
    expect(readdirSync(root)).toEqual([]);
  });

  it("stands beside others, and leaves them and their home alone", () => {
    const [one, two] = [openState(home, "one"), openState(home, "two")];
    one.release();
    expect(all(home)).toEqual([".gitignore", "two", "two.owner.json", "two/.sandbox.json"]);
    two.release();
    expect(existsSync(home)).toBe(false);
  });

  it("released twice is released once: the name may be somebody else's by then", () => {
    const first = openState(home, "one");
    first.release();
    const second = openState(home, "one");
    first.release();
    first.release({ keepLogs: true });
    expect(all(home)).toEqual([".gitignore", "one", "one.owner.json", "one/.sandbox.json"]);
    second.release();
    expect(existsSync(home)).toBe(false);
  });

  it("leaves a folder that the user named, and what is in it", () => {
    const theirs = join(root, "theirs");
    mkdirSync(theirs);
    writeFileSync(join(theirs, "file"), "");
    openState(theirs, "one").release();
    expect(all(theirs)).toEqual(["file"]);
    rmSync(join(theirs, "file"));
    openState(theirs, "one").release();
    expect(existsSync(theirs)).toBe(true);
  });
});

describe("a name that is taken", () => {
  it("is refused while its owner lives, who is named; nothing is touched", () => {
    leave(home, "one", LIVING);
    const before = all(home);
    expect(() => openState(home, "one")).toThrow(
      expect.objectContaining({
        code: "name-in-use",
        status: 3,
        detail: expect.stringContaining(`process ${process.ppid} `),
        fix: expect.stringContaining("--name"),
      }),
    );
    expect(all(home).filter((path) => path !== ".gitignore")).toEqual(before);
  });

  it("is refused to the very process that has it", () => {
    const state = openState(home, "one");
    expect(() => openState(home, "one")).toThrow(/already up/);
    state.release();
    openState(home, "one").release();
  });

  test.each<[string, object]>([
    ["has ended", DEAD],
    ["has ended, and whose number another process has", { ...LIVING, started: "at another time" }],
  ])("is free when its owner %s, and what it left is cleared", (_, owner) => {
    leave(home, "one", owner);
    const state = openState(home, "one");
    expect(all(state.dir)).toEqual([".sandbox.json"]);
    const lock = JSON.parse(readFileSync(join(home, "one.owner.json"), "utf8"));
    expect(lock).toEqual({ pid: process.pid, started: startTime(process.pid), host: hostname() });
    state.release();
    expect(existsSync(home)).toBe(false);
  });

  it("is not free because no such process is on this machine: its owner is on another", () => {
    leave(home, "one", { ...DEAD, host: "elsewhere.test" });
    expect(() => openState(home, "one")).toThrow(
      expect.objectContaining({ code: "name-in-use", detail: expect.stringContaining("on elsewhere.test") }),
    );
    expect(sweepDead(home)).toEqual([]);
  });

  it("is taken over although a command was killed in the middle of a takeover", () => {
    leave(home, "one", DEAD);
    const takeover = join(home, "one.owner.json.takeover");
    mkdirSync(takeover);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(takeover, longAgo, longAgo);
    openState(home, "one").release();
    expect(existsSync(home)).toBe(false);
  });
});

describe("what one left that is never up again", () => {
  const hour = 3600 * 1000;
  it.each(["check-0123456789ab", "exec-0123456789ab", "program-0123456789ab", "orders"])("%s", (name) => {
    const state = openState(home, name);
    writeFileSync(join(state.dir, "server.log"), "its last words");
    state.release({ keepLogs: true });
    const age = (ms: number) => utimesSync(state.dir, new Date(Date.now() - ms), new Date(Date.now() - ms));
    age(23 * hour);
    sweepDead(home);
    expect(readdirSync(state.dir)).toContain("server.log");
    age(25 * hour);
    sweepDead(home);
    expect(existsSync(state.dir)).toBe(name === "orders");
  });
});

describe("names", () => {
  test.each(["a", "default", "ci-1.2_x", "7", "A".repeat(63)])("%s is one", (name) => {
    expect(() => checkName(name)).not.toThrow();
  });
  test.each(["", ".", "..", ".hidden", "-x", "a/b", "../x", "a\\b", "a b", "é", "a\n", "A".repeat(64)])(
    "%j is none",
    (name) => {
      expect(() => openState(home, name)).toThrow(
        expect.objectContaining({ code: "invalid-name", status: 2 }),
      );
      expect(existsSync(home)).toBe(false);
    },
  );
});
