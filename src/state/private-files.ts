/** Files and folders that only their owner can read. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "../errors.ts";

/** Creates a file that only its owner can read (0600) and refuses to replace one. */
export function writePrivate(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content, { flag: "wx", mode: 0o600 });
}

/**
 * Creates a folder (0700) and those above it that are missing. Step by step: Node's own `recursive` never returns where
 * a folder that exists refuses new ones with ENOENT, as those under /proc do.
 */
export function makePrivateDir(dir: string): void {
  const parent = dirname(dir);
  if (!existsSync(parent)) makePrivateDir(parent);
  try {
    mkdirSync(dir, { mode: 0o700 });
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
