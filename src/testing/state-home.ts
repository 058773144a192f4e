/** A home of sandboxes as commands leave it, also those that were killed. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { makePrivateDir } from "../state/private-files.ts";
import { startTime } from "../state/process-id.ts";

export function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** What is in a folder, at any depth. */
export function all(dir: string): readonly string[] {
  return existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: "utf8" }).sort() : [];
}

/** The number of a process that has ended. */
export const deadPid = spawnSync(process.execPath, ["--version"]).pid;

export const LIVING = { pid: process.ppid, started: startTime(process.ppid), host: hostname() };
export const DEAD = { pid: deadPid, started: "then", host: hostname() };

/** What a command leaves that was killed: its lock, and with `folder` its folder. */
export function leave(
  home: string,
  name: string,
  owner: object,
  folder: readonly string[] = [".sandbox.json", "mode/server.conf"],
): void {
  makePrivateDir(home);
  writeFileSync(join(home, `${name}.owner.json`), JSON.stringify(owner));
  for (const file of folder) {
    mkdirSync(join(home, name, file, ".."), { recursive: true });
    writeFileSync(join(home, name, file), "");
  }
}
