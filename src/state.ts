/** The state directory: one folder and one lock a sandbox, private files, and the clearing away of the dead. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { codeOf, messageOf, SandboxError } from "./errors.ts";

/** A process that can be told from a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  /** When it started, in the words of the operating system. */
  readonly started: string;
}

interface Owner extends ProcessId {
  /** A pid means nothing on another machine or in another container that shares the directory. */
  readonly host: string;
}

/** A sandbox's own folder, held until it is released. */
export interface StateDir {
  readonly name: string;
  readonly dir: string;
  /** Deletes the folder, but for the logs when `keepLogs`, and gives the name back. */
  release(options?: { readonly keepLogs?: boolean }): void;
}

const MARKER = ".sandbox.json";
const PID_FILE = "server.pid";
const LOCK = ".owner.json";
/** A takeover lasts about a millisecond; one that is this old (ms) was left by a process killed in the middle. */
const TAKEOVER_STALE = 10_000;

/** `.nats-sandbox` in the working directory, or what NATS_SANDBOX_HOME names. */
export function stateHome(env: NodeJS.ProcessEnv, cwd: string): string {
  return resolve(cwd, env.NATS_SANDBOX_HOME || ".nats-sandbox");
}

/** @throws SandboxError `invalid-name` for a name that is not a plain file name. */
export function checkName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) return;
  throw new SandboxError("invalid-name", `${JSON.stringify(name)} is not a sandbox name`, {
    fix: "use up to 63 letters, digits, dots, dashes and underscores, the first a letter or digit",
  });
}

/**
 * Takes a sandbox name: creates its folder (0700), after clearing what a dead owner left there.
 * @throws SandboxError `name-in-use` while its owner lives, `state-unusable` when the folder cannot be written.
 */
export function openState(home: string, name: string): StateDir {
  checkName(name);
  const dir = join(home, name);
  try {
    takeLock(home, name);
    clear(dir);
    makePrivateDir(dir);
    writePrivate(join(dir, MARKER), `${JSON.stringify({ schema: 1, name })}\n`);
  } catch (error) {
    if (error instanceof SandboxError) throw error;
    throw new SandboxError("state-unusable", `cannot write the state directory ${home}`, {
      detail: messageOf(error),
      fix: "run in a directory you may write, or set NATS_SANDBOX_HOME to one",
      cause: error,
    });
  }
  return {
    name,
    dir,
    release({ keepLogs = false } = {}) {
      if (keepLogs) keepOnlyLogs(dir);
      else clear(dir);
      rmSync(lockPath(home, name), { force: true });
      removeHomeIfEmpty(home);
    },
  };
}

/** Clears what dead owners left in `home`: ends their servers, deletes their folders. Returns the names cleared. */
export function sweepDead(home: string): readonly string[] {
  const names = listDir(home)
    .filter((file) => file.endsWith(LOCK))
    .map((file) => file.slice(0, -LOCK.length));
  const dead = names.filter((name) => {
    const owner = readOwner(home, name);
    return typeof owner === "object" && !ownerLives(owner);
  });
  return dead.filter((name) => {
    try {
      openState(home, name).release();
      return true;
    } catch {
      return false; // somebody else took it over in this very moment
    }
  });
}

/** Remembers a server process, so that the next command can end it should this one be killed. */
export function recordProcess(serverDir: string, pid: number): void {
  const started = startTime(pid);
  if (started !== undefined) writePrivate(join(serverDir, PID_FILE), JSON.stringify({ pid, started }));
}

/** Creates a file that only its owner can read (0600) and refuses to replace one. */
export function writePrivate(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content, { flag: "wx", mode: 0o600 });
}

/** Replaces a private file in one step: a reader sees the old or the new one, never a half. */
export function replacePrivate(path: string, content: string): void {
  const temporary = `${path}.${randomUUID()}`;
  writePrivate(temporary, content);
  renameSync(temporary, path);
}

export function makePrivateDir(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
}

// ---- the lock -----------------------------------------------------------------------------------------------------

function lockPath(home: string, name: string): string {
  return join(home, `${name}${LOCK}`);
}

function takeLock(home: string, name: string): void {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (createLock(home, name)) return;
    const owner = readOwner(home, name);
    if (owner === "foreign") throw foreign(lockPath(home, name));
    if (owner !== undefined && ownerLives(owner)) throw nameInUse(home, name, owner);
    removeDeadLock(home, name);
  }
  throw new Error(`the lock of ${name} cannot be taken`);
}

/** Creates the lock with its content in one step (a hard link), so that nobody ever reads half a lock. */
function createLock(home: string, name: string): boolean {
  const me: Owner = { pid: process.pid, started: startTime(process.pid) ?? "", host: hostname() };
  const temporary = join(home, `.${randomUUID()}`);
  try {
    makePrivateDir(home);
    ignoreInGit(home);
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

function ignoreInGit(home: string): void {
  const path = join(home, ".gitignore");
  if (!existsSync(path)) writeFileSync(path, "*\n");
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
        ? "stop that one first, or give this one another name with --name"
        : `use another name; if that machine is gone, delete ${lockPath(home, name)}`,
  });
}

/** The owner in a lock; undefined without one, `foreign` for a file that is not a lock of ours. */
function readOwner(home: string, name: string): Owner | "foreign" | undefined {
  try {
    const owner = JSON.parse(readFileSync(lockPath(home, name), "utf8")) as Partial<Owner> | null;
    const ours = typeof owner?.pid === "number" && typeof owner.started === "string";
    return ours && typeof owner.host === "string" ? (owner as Owner) : "foreign";
  } catch (error) {
    return codeOf(error) === "ENOENT" ? undefined : "foreign";
  }
}

function foreign(path: string): SandboxError {
  return new SandboxError("state-unusable", `${path} is there and is not ours`, {
    fix: "choose another --name, or move it away",
  });
}

function ownerLives(owner: Owner): boolean {
  return owner.host !== hostname() || startTime(owner.pid) === owner.started;
}

/** When a process started, or undefined when there is none. */
export function startTime(pid: number): string | undefined {
  try {
    if (process.platform !== "linux") {
      return (
        execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined
      );
    }
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // Field 3 is the state: a zombie has ended. Field 22 is the start in ticks since the machine booted.
    return fields[0] === "Z" || fields[0] === "X" ? undefined : `${fields[19]}@${bootId()}`;
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

// ---- clearing -----------------------------------------------------------------------------------------------------

/** Ends the servers recorded in a sandbox folder and deletes it. Refuses a folder that is not a sandbox's. */
function clear(dir: string): void {
  if (!existsSync(dir)) return;
  if (!existsSync(join(dir, MARKER)) && listDir(dir).length > 0) throw foreign(dir);
  for (const path of pidFiles(dir)) endProcess(path);
  rmSync(dir, { recursive: true, force: true });
}

function keepOnlyLogs(dir: string): void {
  for (const entry of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    const path = join(dir, entry);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() && !path.endsWith(".log") && entry !== MARKER)
      unlinkSync(path);
  }
}

function pidFiles(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(PID_FILE))
    .map((file) => join(dir, file));
}

function endProcess(pidFile: string): void {
  try {
    const { pid, started } = JSON.parse(readFileSync(pidFile, "utf8")) as ProcessId;
    if (startTime(pid) === started) process.kill(pid, "SIGKILL");
  } catch {
    // half-written, or gone meanwhile: nothing to end
  }
}

function removeHomeIfEmpty(home: string): void {
  if (listDir(home).some((file) => file !== ".gitignore")) return;
  try {
    rmSync(join(home, ".gitignore"), { force: true });
    rmdirSync(home);
  } catch {
    if (existsSync(home)) ignoreInGit(home); // another sandbox moved in
  }
}

function listDir(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
