import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { listDir, makePrivateDir, writePrivate } from "./private-files.ts";

let home: string;
const mask = process.umask();
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "private-files-"));
  process.umask(0); // the most that a careless environment can allow
});
afterEach(() => {
  process.umask(mask);
  rmSync(home, { recursive: true });
});

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

it("a file is its owner's alone, and holds what was written", () => {
  const path = join(home, "file");
  writePrivate(path, "secret");
  expect(modeOf(path)).toBe(0o600);
  expect(readFileSync(path, "utf8")).toBe("secret");
});

it("a file is never replaced, be it a file or a link to one", () => {
  const path = join(home, "file");
  writeFileSync(path, "somebody's", { mode: 0o644 });
  expect(() => writePrivate(path, "secret")).toThrow("EEXIST");
  expect(readFileSync(path, "utf8")).toBe("somebody's");
  symlinkSync(join(home, "elsewhere"), join(home, "link"));
  expect(() => writePrivate(join(home, "link"), "secret")).toThrow("EEXIST");
  expect(listDir(home).toSorted()).toEqual(["file", "link"]);
});

it("a folder is its owner's alone, and so are those above it that were missing", () => {
  const dir = join(home, "a", "b", "c");
  makePrivateDir(dir);
  for (const one of [dir, join(dir, ".."), join(dir, "..", "..")]) expect(modeOf(one)).toBe(0o700);
});

it("a folder that is there stays as it is", () => {
  mkdirSync(join(home, "theirs"), { mode: 0o755 });
  writeFileSync(join(home, "theirs", "file"), "");
  makePrivateDir(join(home, "theirs"));
  makePrivateDir(join(home, "theirs", "ours"));
  expect(modeOf(join(home, "theirs"))).toBe(0o755);
  expect(modeOf(join(home, "theirs", "ours"))).toBe(0o700);
  expect(listDir(join(home, "theirs")).toSorted()).toEqual(["file", "ours"]);
});

it("a folder cannot be made under a file", () => {
  writeFileSync(join(home, "file"), "");
  expect(() => makePrivateDir(join(home, "file", "dir"))).toThrow("ENOTDIR");
});

it("lists nothing where there is no folder", () => {
  expect(listDir(join(home, "nothing"))).toEqual([]);
});
