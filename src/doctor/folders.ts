/** What can be told of a folder without writing into it. */
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder itself, or the nearest one above it that exists. */
export function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

/** Whether this user may make files there. */
export function isWritable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK | constants.X_OK);
    return statSync(dir).isDirectory();
  } catch {
    return false;
  }
}

/** Bytes that this user may still write there. */
export function freeSpace(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

/** The permission bits of others than its owner, as `chmod` writes all of them; undefined where there are none. */
export function sharedMode(path: string, bits = 0o077): string | undefined {
  const mode = statSync(path).mode & 0o777;
  return (mode & bits) === 0 || process.platform === "win32" ? undefined : mode.toString(8);
}

const MOUNTS = "/proc/self/mounts";

export function readMounts(): string {
  return existsSync(MOUNTS) ? readFileSync(MOUNTS, "utf8") : "";
}

/** Whether no program may run from there: the mount point nearest above, in a table as /proc/self/mounts has it. */
export function isNoexec(path: string, mounts: string): boolean {
  const options = new Map(
    mounts.split("\n").map((line) => {
      const [, point = "", , flags = ""] = line.split(" ");
      return [unescaped(point), flags.split(",")] as const;
    }),
  );
  const nearestMount = (at: string): readonly string[] =>
    options.get(at) ?? (dirname(at) === at ? [] : nearestMount(dirname(at)));
  return nearestMount(join(path, ".")).includes("noexec");
}

/** A space in a mount point is written `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}

/** A path as a shell takes it. */
export function word(path: string): string {
  return /^[\w/.@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
