/** The folder that holds all sandboxes: made when the first one comes, gone with the last one, unless it is the user's own. */
import { existsSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { listDir, makePrivateDir } from "./private-files.ts";

const DEFAULT = ".nats-sandbox";
const IGNORE = ".gitignore";
/** Marks a folder that we made, and keeps all of it out of git. */
const GITIGNORE = "# made by nats-sandbox\n*\n";

/** `.nats-sandbox` in the working directory, or what NATS_SANDBOX_HOME names. */
export function stateHome(env: NodeJS.ProcessEnv, cwd: string): string {
  return resolve(cwd, env.NATS_SANDBOX_HOME || DEFAULT);
}

export function makeHome(home: string): void {
  const usersOwn = existsSync(home) && basename(home) !== DEFAULT;
  makePrivateDir(home);
  if (!usersOwn) ignoreInGit(home);
}

/** Removes the folder if we made it and nobody has anything in it. */
export function removeHomeIfEmpty(home: string): void {
  if (!isOurs(home) || listDir(home).some((entry) => entry !== IGNORE)) return;
  try {
    rmSync(join(home, IGNORE), { force: true });
    rmdirSync(home);
  } catch {
    if (existsSync(home)) ignoreInGit(home); // another sandbox moved in
  }
}

/** On a full disk our mark may be missing, or be only half there: the name must do then. */
function isOurs(home: string): boolean {
  const named = basename(home) === DEFAULT;
  try {
    const mark = readFileSync(join(home, IGNORE), "utf8");
    return mark === GITIGNORE || (named && GITIGNORE.startsWith(mark));
  } catch {
    return named && existsSync(home);
  }
}

function ignoreInGit(home: string): void {
  const path = join(home, IGNORE);
  if (!existsSync(path)) writeFileSync(path, GITIGNORE);
}
