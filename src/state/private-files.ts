/** Files and folders that only their owner can read. */
import { mkdirSync, writeFileSync } from "node:fs";

/** Creates a file that only its owner can read (0600) and refuses to replace one. */
export function writePrivate(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content, { flag: "wx", mode: 0o600 });
}

export function makePrivateDir(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
}
