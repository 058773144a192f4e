/** The state directory: one folder and one lock a sandbox, and the clearing away of the dead. */
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, SandboxError } from "../errors.ts";
import { removeHomeIfEmpty } from "./home.ts";
import { deadNames, foreign, giveLockBack, takeLock } from "./lock.ts";
import { listDir, makePrivateDir, writePrivate } from "./private-files.ts";
import { type ProcessId, startTime } from "./process-id.ts";

/** A sandbox's own folder, held until it is released. */
export interface StateDir {
  readonly name: string;
  readonly dir: string;
  /** Deletes the folder, but for the logs when `keepLogs`, and gives the name back. */
  release(options?: { readonly keepLogs?: boolean }): void;
}

const MARKER = ".sandbox.json";
const PID_FILE = "server.pid";
/** Start of the names of folders that are being deleted; no sandbox name starts with a dot. */
const GONE = ".gone-";

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
export function openState(home: string, name: string, { sweeping = false } = {}): StateDir {
  checkName(name);
  const dir = join(home, name);
  orUnusable(home, () => takeLock(home, name, sweeping));
  try {
    orUnusable(home, () => {
      clear(dir);
      makePrivateDir(dir);
      writePrivate(join(dir, MARKER), `${JSON.stringify({ schema: 1, name })}\n`);
    });
  } catch (error) {
    giveLockBack(home, name);
    throw error;
  }
  let released = false;
  return {
    name,
    dir,
    release({ keepLogs = false } = {}) {
      if (released) return; // by now the name may be somebody else's
      released = true;
      if (keepLogs) keepOnlyLogs(dir);
      else clear(dir);
      giveLockBack(home, name);
      removeHomeIfEmpty(home);
    },
  };
}

function orUnusable(home: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof SandboxError) throw error;
    throw new SandboxError("state-unusable", `cannot write the state directory ${home}`, {
      detail: messageOf(error),
      fix: "run in a directory you may write, or set NATS_SANDBOX_HOME to one",
      cause: error,
    });
  }
}

/** Clears what dead owners left in `home`: ends their servers, deletes their folders. Returns the names cleared. */
export function sweepDead(home: string): readonly string[] {
  for (const file of listDir(home))
    if (file.startsWith(GONE)) rmSync(join(home, file), { recursive: true, force: true });
  return deadNames(listDir(home), home).filter((name) => {
    try {
      openState(home, name, { sweeping: true }).release();
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

/** Ends the servers recorded in a sandbox folder and deletes it. Refuses a folder that is not a sandbox's. */
function clear(dir: string): void {
  if (!existsSync(dir)) return;
  if (!existsSync(join(dir, MARKER)) && listDir(dir).length > 0) throw foreign(dir);
  for (const path of pidFiles(dir)) endProcess(path);
  // First out of the way in one step: a folder that is half deleted would be nobody's, and in everybody's way.
  const gone = join(dirname(dir), `${GONE}${randomUUID()}`);
  renameSync(dir, gone);
  rmSync(gone, { recursive: true, force: true });
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
