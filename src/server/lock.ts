/**
 * A lock between processes, held as a file that names its holder, so that parallel runs fetch a server once. It saves
 * work and keeps nothing safe: whoever goes past it by misfortune fetches twice, and a rename decides who was first.
 */

import { randomUUID } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../errors.ts";

/** Milliseconds between two looks at a lock that another process holds. */
const POLL = 100;

/** Milliseconds in which the maker of a lock file must have written its name into it. */
const GRACE = 5_000;

interface Holder {
  readonly pid: number;
  readonly id: string;
}

export interface LockOptions {
  /** Milliseconds that no holder takes: an older lock is dead, whatever process has its pid today. */
  readonly longest: number;
  readonly signal: AbortSignal;
  /** Called once, when another process has to be waited for. */
  readonly onWait: (pid: number) => void;
}

/** Does the work while holding the lock; rejects as the work does, with the signal's reason, or as the file system does. */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const mine: Holder = { pid: process.pid, id: randomUUID() };
  await acquire(path, mine, options);
  try {
    return await work();
  } finally {
    if ((await readHolder(path))?.id === mine.id) await rm(path, { force: true });
  }
}

async function acquire(path: string, mine: Holder, { longest, signal, onWait }: LockOptions): Promise<void> {
  let told = false;
  while (!(await create(path, JSON.stringify(mine)))) {
    const holder = await readHolder(path);
    if (await isDead(path, holder, longest)) {
      await bury(path, holder?.id);
      continue;
    }
    if (!told && holder !== undefined) {
      told = true;
      onWait(holder.pid);
    }
    await sleep(POLL, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** False when there is one already. */
async function create(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Nobody, while the file is not there or its maker has not written into it yet. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const { pid, id } = JSON.parse(await readFile(path, "utf8")) as Partial<Holder>;
    return Number.isInteger(pid) && typeof id === "string" ? { pid: pid as number, id } : undefined;
  } catch {
    return undefined;
  }
}

async function isDead(path: string, holder: Holder | undefined, longest: number): Promise<boolean> {
  const made = await stat(path).catch(() => undefined);
  if (made === undefined) return false;
  const age = Date.now() - made.mtimeMs;
  return holder === undefined ? age > GRACE : age > longest || !isAlive(holder.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/**
 * Takes the lock with this id away, and no other. Of several that saw it dead, one can be late and move the lock of the
 * one that was quick, so what was moved is looked at, and put back if need be.
 */
export async function bury(path: string, dead: string | undefined): Promise<void> {
  const grave = `${path}.${randomUUID()}`;
  try {
    await rename(path, grave);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  const buried = await readHolder(grave);
  if (buried !== undefined && buried.id !== dead) await create(path, JSON.stringify(buried));
  await rm(grave, { force: true });
}
