import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { all, DEAD, LIVING, leave, modeOf } from "../testing/state-home.ts";
import { makePrivateDir } from "./private-files.ts";
import { startTime } from "./process-id.ts";
import { openState, recordProcess, sweepDead } from "./state.ts";

let root: string;
let home: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "state-"));
  home = join(root, ".nats-sandbox");
});
afterEach(() => rmSync(root, { recursive: true }));

describe("what is not ours", () => {
  test.each<[string, string, () => void]>([
    ["a folder of the user's", "other/notes.txt", () => leave(home, "other", DEAD, ["notes.txt"])],
    ["a file in the folder's place", "other", () => writeFileSync(join(home, "other"), "x")],
    ["a lock that is no lock", "other.owner.json", () => writeFileSync(join(home, "other.owner.json"), "{}")],
    ["a lock that is no JSON", "other.owner.json", () => writeFileSync(join(home, "other.owner.json"), "x")],
    ["a folder in the lock's place", "other.owner.json", () => mkdirSync(join(home, "other.owner.json"))],
  ])("is refused and not touched: %s", (_, path, make) => {
    makePrivateDir(home);
    make();
    for (let attempt = 0; attempt < 2; attempt += 1)
      expect(() => openState(home, "other")).toThrow(
        expect.objectContaining({ code: "state-unusable", status: 3 }),
      );
    expect(sweepDead(home)).toEqual([]);
    const left = all(home).filter((one) => one !== ".gitignore" && !path.startsWith(`${one}/`));
    expect(left).toEqual([path]);
  });

  it("an empty folder is nobody's, and is taken", () => {
    mkdirSync(join(home, "one"), { recursive: true });
    openState(home, "one").release();
  });

  it("a home that cannot be written is said to be so", () => {
    writeFileSync(join(root, "file"), "");
    expect(() => openState(join(root, "file"), "one")).toThrow(
      expect.objectContaining({ code: "state-unusable", fix: expect.stringContaining("NATS_SANDBOX_HOME") }),
    );
  });
});

describe("a sweep", () => {
  it("clears what was killed in the middle of writing, and no more of what lasts", () => {
    leave(home, "marker", DEAD, [".sandbox.json.1234.new"]);
    const lasting = ["identity/tls.json", "identity/tls.json.1234.new", "identity/token.json.5678.new"];
    leave(home, "identity", DEAD, [".sandbox.json", ...lasting]);
    leave(home, "nothing", DEAD, [".sandbox.json", "identity/tls.json.1234.new"]);
    expect([...sweepDead(home)].sort()).toEqual(["identity", "marker", "nothing"]);
    expect(all(home).filter((one) => one !== ".gitignore")).toEqual([
      "identity",
      "identity/.sandbox.json",
      "identity/identity",
      "identity/identity/tls.json",
    ]);
  });

  it("clears the dead, and spares the living and whatever else is there", () => {
    leave(home, "dead", DEAD);
    leave(home, "dead-too", DEAD);
    leave(home, "living", LIVING);
    leave(home, "elsewhere", { ...DEAD, host: "elsewhere.test" });
    writeFileSync(join(home, "notes.json"), "{}");
    writeFileSync(join(home, "foreign.owner.json"), "{}");
    mkdirSync(join(home, "folder"));
    writeFileSync(join(home, "folder", "file"), "");
    const mine = openState(home, "mine");
    const before = all(home).filter((path) => !path.startsWith("dead"));
    expect([...sweepDead(home)].sort()).toEqual(["dead", "dead-too"]);
    expect(all(home)).toEqual(before);
    mine.release();
  });

  it("ends the servers that the dead left running, and no other process", async () => {
    const children = ["orphan", "bystander"].map(() =>
      spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" }),
    );
    const [orphan, bystander] = children;
    try {
      leave(home, "dead", DEAD);
      recordProcess(join(home, "dead", "mode"), orphan?.pid ?? 0);
      expect(modeOf(join(home, "dead/mode/server.pid"))).toBe("600");
      makePrivateDir(join(home, "dead", "other"));
      const reused = { pid: bystander?.pid, started: "at another time" };
      writeFileSync(join(home, "dead", "other", "server.pid"), JSON.stringify(reused));
      const ended = once(orphan ?? process, "exit");
      expect(sweepDead(home)).toEqual(["dead"]);
      expect(await ended).toEqual([null, "SIGKILL"]);
      expect(startTime(bystander?.pid ?? 0)).toBeDefined();
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
  });

  it("finds nothing where there is nothing", () => {
    expect(sweepDead(join(root, "nothing"))).toEqual([]);
    expect(existsSync(join(root, "nothing"))).toBe(false);
  });
});
