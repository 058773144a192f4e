/** The state directory: one folder and one lock a sandbox, and the clearing away of the dead. */
import { randomUUID } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, SandboxError } from "../errors.ts";
import { removeHomeIfEmpty } from "./home.ts";
import { deadNames, foreign, giveLockBack, takeLock } from "./lock.ts";
import { listDir, makePrivateDir, replacePrivate, UNFINISHED } from "./private-files.ts";
import { type ProcessId, startTime } from "./process-id.ts";

/** Where a sandbox is, whether it is up or not. */
export interface SandboxPlace {
  readonly home: string;
  readonly name: string;
  readonly dir: string;
}

/** @throws SandboxError `invalid-name` */
export function placeOf(home: string, name: string): SandboxPlace {
  checkName(name);
  return { home, name, dir: join(home, name) };
}

/** A sandbox's own folder, held until it is released. */
export interface StateDir {
  readonly name: string;
  readonly dir: string;
  /** What the next run of the same name may use again; stays when all else goes. Made by whoever writes there. */
  readonly lasting: string;
  /** Deletes what is in the folder, but for what lasts, and the logs when `keepLogs`, and gives the name back. */
  release(options?: { readonly keepLogs?: boolean; readonly forget?: boolean }): void;
}

export const MARKER = ".sandbox.json";
export const LASTING = "identity";
/** Of everything in the folder. A folder of a later schema is left alone. */
export const SCHEMA = 1;
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
export function openState(
  home: string,
  name: string,
  { sweeping = false }: { readonly sweeping?: boolean } = {},
): StateDir {
  checkName(name);
  const dir = join(home, name);
  try {
    orUnusable(home, () => takeLock(home, name, sweeping));
  } catch (error) {
    removeHomeIfEmpty(home);
    throw error;
  }
  try {
    orUnusable(home, () => {
      clear(dir);
      makePrivateDir(dir);
      replacePrivate(join(dir, MARKER), `${JSON.stringify({ schema: SCHEMA, name })}\n`);
    });
  } catch (error) {
    removeIfEmpty(dir);
    giveLockBack(home, name);
    removeHomeIfEmpty(home);
    throw error;
  }
  let released = false;
  return {
    name,
    dir,
    lasting: join(dir, LASTING),
    release({ keepLogs = false, forget = false } = {}) {
      if (released) return; // by now the name may be somebody else's
      released = true;
      if (keepLogs) keepOnlyLogs(dir);
      else clear(dir, forget);
      giveLockBack(home, name);
      removeHomeIfEmpty(home);
    },
  };
}

/** A folder that could be made, while nothing could be written into it. */
function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // there is something in it, or nothing there
  }
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

/** Sandboxes that are never up twice: what a failed one left is there to be read, for a day. */
const PASSING = /^(?:check|exec|program)-[0-9a-f]{12}$/;
const DAY = 24 * 3600 * 1000;

/** Clears what dead owners left in `home`: ends their servers, deletes their folders. Returns the names cleared. */
export function sweepDead(home: string): readonly string[] {
  for (const file of listDir(home)) {
    const path = join(home, file);
    const old = () => Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > DAY;
    if (file.startsWith(GONE) || (PASSING.test(file) && old()))
      rmSync(path, { recursive: true, force: true });
  }
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
  if (started !== undefined) replacePrivate(join(serverDir, PID_FILE), JSON.stringify({ pid, started }));
}

/**
 * Ends the servers recorded in a sandbox folder and deletes what is in it, but for what lasts. The folder goes too when
 * that leaves nothing. Refuses a folder that is not a sandbox's, or that a later version made.
 */
function clear(dir: string, forget = false): void {
  if (!existsSync(dir)) return;
  checkOurs(dir);
  for (const path of pidFiles(dir)) endProcess(path);
  const lasting = forget ? [] : listDir(join(dir, LASTING)).filter((file) => !file.endsWith(UNFINISHED));
  const going =
    lasting.length === 0
      ? [dir]
      : [
          ...listDir(dir).filter((entry) => entry !== LASTING && entry !== MARKER),
          ...listDir(join(dir, LASTING))
            .filter((file) => !lasting.includes(file))
            .map((file) => join(LASTING, file)),
        ].map((entry) => join(dir, entry));
  // First out of the way, each in one step: what is half deleted would be nobody's, and in everybody's way.
  for (const path of going) {
    const gone = join(dirname(dir), `${GONE}${randomUUID()}`);
    renameSync(path, gone);
    rmSync(gone, { recursive: true, force: true });
  }
}

/** A marker that was only half written is ours all the same: nobody else writes a file of that name. */
function checkOurs(dir: string): void {
  const marker = join(dir, MARKER);
  if (!existsSync(marker)) {
    const ours = (file: string) => file.startsWith(MARKER) && file.endsWith(UNFINISHED);
    if (!listDir(dir).every(ours)) throw foreign(dir);
    return;
  }
  const schema = schemaOf(readFileSync(marker, "utf8"));
  if (schema <= SCHEMA) return;
  throw new SandboxError("state-unusable", `${dir} was made by a later version of nats-sandbox`, {
    detail: `its schema is ${schema}, this version knows ${SCHEMA}`,
    fix: "use that version, or choose another --name",
  });
}

export function schemaOf(text: string): number {
  try {
    return Number((JSON.parse(text) as { readonly schema?: unknown } | null)?.schema ?? 0);
  } catch {
    return 0;
  }
}

function keepOnlyLogs(dir: string): void {
  for (const entry of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    const path = join(dir, entry);
    const stays = entry.endsWith(".log") || entry === MARKER || entry.startsWith(join(LASTING, "/"));
    // A socket is no file, and goes too.
    if (!stays && statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) unlinkSync(path);
  }
}

export function pidFiles(dir: string): readonly string[] {
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
