import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bury, type LockOptions, withLock } from "./lock.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lock-"));
  path = join(directory, "lock");
});
afterEach(() => rm(directory, { recursive: true }));

function options(more: Partial<LockOptions> = {}): LockOptions {
  return { longest: 60_000, signal: new AbortController().signal, onWait: () => {}, ...more };
}

/** Runs so many at once, and gives the most that were inside at the same moment. */
async function contend(contenders: number): Promise<number> {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await sleep(5);
    inside--;
  };
  await Promise.all(Array.from({ length: contenders }, () => withLock(path, options(), work)));
  return most;
}

const deadPid = spawnSync(process.execPath, ["--version"]).pid;

it("lets one in at a time and leaves nothing behind", async () => {
  expect(await contend(4)).toBe(1);
  expect(await readdir(directory)).toEqual([]);
});

it("is free again after work that failed", async () => {
  await expect(withLock(path, options(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await withLock(path, options(), async () => "in")).toBe("in");
});

it("takes over the lock of a process that died, without letting two in", async () => {
  await writeFile(path, JSON.stringify({ pid: deadPid, id: "dead" }));
  expect(await contend(2)).toBe(1);
  expect(await readdir(directory)).toEqual([]);
});

it("buries the dead lock, but not the one that a quicker process has made in its place", async () => {
  const lock = JSON.stringify({ pid: process.pid, id: "quick" });
  await writeFile(path, lock);
  await bury(path, "dead");
  expect(await readFile(path, "utf8")).toBe(lock);
  await bury(path, "quick");
  expect(await readdir(directory)).toEqual([]);
});

it("waits for a living process, says so once, and can be aborted", async () => {
  await writeFile(path, JSON.stringify({ pid: process.ppid, id: "alive" }));
  const waits: number[] = [];
  const stop = new AbortController();
  setTimeout(() => stop.abort("enough"), 350);
  const { signal } = stop;
  const waiting = withLock(path, options({ signal, onWait: (pid) => waits.push(pid) }), async () => "in");
  await expect(waiting).rejects.toBe("enough");
  expect(waits).toEqual([process.ppid]);
  expect(await readdir(directory)).toEqual(["lock"]);
});

it.each([
  ["older than any work lasts, whatever has its pid now", JSON.stringify({ pid: process.ppid, id: "old" })],
  ["whose maker died before it wrote its name", ""],
])("takes over a lock %s", async (_, content) => {
  await writeFile(path, content);
  await utimes(path, new Date(), new Date(Date.now() - 120_000));
  expect(await withLock(path, options(), async () => "in")).toBe("in");
});
