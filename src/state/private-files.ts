/** Files and folders that only their owner can read. */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "../errors.ts";

/** Creates a file that only its owner can read (0600) and refuses to replace one. */
export function writePrivate(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content, { flag: "wx", mode: 0o600 });
}

/** End of the name of a file that is being written; one that stays was left by a process that was killed. */
export const UNFINISHED = ".new";

/** The same, in place of a file that may be there: whoever reads sees the old content or the new one, never a half. */
export function replacePrivate(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${randomUUID()}${UNFINISHED}`;
  try {
    writePrivate(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Creates a folder (0700) and those above it that are missing. */
export function makePrivateDir(dir: string): void {
  makeDir(dir, 0o700);
}

/**
 * The same for a folder of another mode. Step by step: Node's own `recursive` never returns where a folder that exists
 * refuses new ones with ENOENT, as those under /proc do.
 */
export function makeDir(dir: string, mode: number): void {
  const parent = dirname(dir);
  if (!existsSync(parent)) makeDir(parent, mode);
  try {
    mkdirSync(dir, { mode });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

/** The names in a folder; none where there is no folder. */
export function listDir(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
