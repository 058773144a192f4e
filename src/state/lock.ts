/** The lock of a sandbox name: one owner at a time, and a dead owner's lock can be taken over. */
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { codeOf, SandboxError } from "../errors.ts";
import { makeHome } from "./home.ts";
import { listDir, writePrivate } from "./private-files.ts";
import { type ProcessId, startTime } from "./process-id.ts";

export interface Owner extends ProcessId {
  /** A pid means nothing on another machine or in another container that shares the directory. */
  readonly host: string;
  /** It holds the name only to clear away what a dead owner left. */
  readonly sweeping?: boolean;
}

const LOCK = ".owner.json";
/** A takeover lasts about a millisecond; one that is this old (ms) was left by a process killed in the middle. */
const TAKEOVER_STALE = 10_000;

export function lockPath(home: string, name: string): string {
  return join(home, `${name}${LOCK}`);
}

/** @throws SandboxError `name-in-use` while its owner lives, `state-unusable` when the lock is no lock of ours */
export function takeLock(home: string, name: string, sweeping = false): void {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (createLock(home, name, sweeping)) return;
    const owner = readOwner(home, name);
    if (owner === "foreign") throw foreign(lockPath(home, name));
    const lives = owner !== undefined && ownerLives(owner);
    if (lives && !owner.sweeping) throw nameInUse(home, name, owner);
    if (lives)
      pause(5); // it is being cleared, which takes a moment
    else removeDeadLock(home, name);
  }
  throw new Error(`the lock of ${name} cannot be taken`);
}

/** Creates the lock with its content in one step (a hard link), so that nobody ever reads half a lock. */
function createLock(home: string, name: string, sweeping: boolean): boolean {
  const me: Owner = {
    pid: process.pid,
    started: startTime(process.pid) ?? "",
    host: hostname(),
    ...(sweeping ? { sweeping } : {}),
  };
  const temporary = join(home, `.gone-${randomUUID()}`);
  try {
    makeHome(home);
    writePrivate(temporary, JSON.stringify(me));
    linkSync(temporary, lockPath(home, name));
    return true;
  } catch (error) {
    // ENOENT: another command removed the empty home between two of our calls.
    if (codeOf(error) === "EEXIST" || codeOf(error) === "ENOENT") return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

export function giveLockBack(home: string, name: string): void {
  rmSync(lockPath(home, name), { force: true });
}

/** The names whose owner lives. */
export function namesUp(home: string): readonly string[] {
  return namesOf(listDir(home)).filter((name) => livingOwner(home, name) !== undefined);
}

/** The names whose locks are among these files. */
export function namesOf(files: readonly string[]): readonly string[] {
  return files.filter((file) => file.endsWith(LOCK)).map((file) => file.slice(0, -LOCK.length));
}

/** The names among these files of `home` whose lock has an owner that lives no more. */
export function deadNames(files: readonly string[], home: string): readonly string[] {
  return namesOf(files).filter((name) => {
    const owner = readOwner(home, name);
    return typeof owner === "object" && !ownerLives(owner);
  });
}

/**
 * Removes the lock of a dead owner. Only the holder of the takeover folder may, and it looks again first: so of several
 * that saw the same dead owner none can remove the lock that another one has just created.
 */
function removeDeadLock(home: string, name: string): void {
  const takeover = `${lockPath(home, name)}.takeover`;
  try {
    mkdirSync(takeover);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") return;
    const age = Date.now() - (statSync(takeover, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > TAKEOVER_STALE) rmSync(takeover, { recursive: true, force: true });
    pause(5);
    return;
  }
  try {
    const owner = readOwner(home, name);
    if (typeof owner === "object" && !ownerLives(owner)) rmSync(lockPath(home, name), { force: true });
  } finally {
    rmSync(takeover, { recursive: true, force: true });
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function nameInUse(home: string, name: string, owner: Owner): SandboxError {
  const where = owner.host === hostname() ? "" : ` on ${owner.host}`;
  return new SandboxError("name-in-use", `the sandbox ${name} is already up`, {
    detail: `process ${owner.pid}${where} owns it, in ${home}`,
    fix:
      owner.host === hostname()
        ? `nats-sandbox down --name ${name} stops it; or give this one another name with --name`
        : `use another name; if that machine is gone, delete ${lockPath(home, name)}`,
  });
}

/** Who holds a name and lives. */
export function livingOwner(home: string, name: string): Owner | undefined {
  const owner = readOwner(home, name);
  return typeof owner === "object" && !owner.sweeping && ownerLives(owner) ? owner : undefined;
}

/** The owner in a lock; undefined without one, `foreign` for a file that is not a lock of ours. */
export function readOwner(home: string, name: string): Owner | "foreign" | undefined {
  try {
    const owner = JSON.parse(readFileSync(lockPath(home, name), "utf8")) as Partial<Owner> | null;
    const ours = typeof owner?.pid === "number" && typeof owner.started === "string";
    return ours && typeof owner.host === "string" ? (owner as Owner) : "foreign";
  } catch (error) {
    return codeOf(error) === "ENOENT" ? undefined : "foreign";
  }
}

export function foreign(path: string): SandboxError {
  return new SandboxError("state-unusable", `${path} is there and is not ours`, {
    fix: "choose another --name, or move it away",
  });
}

export function ownerLives(owner: Owner): boolean {
  return owner.host !== hostname() || startTime(owner.pid) === owner.started;
}
