/** What is in the folder of all sandboxes, without touching any of it. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { namesOf, type Owner, ownerLives, readOwner } from "./lock.ts";
import { listDir } from "./private-files.ts";
import { type ProcessId, startTime } from "./process-id.ts";
import { checkName, LASTING, MARKER, pidFiles, SCHEMA, schemaOf } from "./state.ts";

export type Surveyed = { readonly name: string; readonly dir: string } & (
  | { readonly state: "up"; readonly pid: number; readonly since: Date }
  /** Its owner has ended, and `servers` of its servers have not. */
  | { readonly state: "dead"; readonly pid: number; readonly servers: number }
  /** Its owner is on another machine, or in another container, that shares the folder. */
  | { readonly state: "elsewhere"; readonly pid: number; readonly host: string }
  /** Not up. `lasting`: the next one of that name has the same ports, credentials and certificates. */
  | { readonly state: "down"; readonly lasting: boolean }
  | { readonly state: "later-version" }
  /** Something that is not ours stands in its place: a folder, or what should be its lock. */
  | { readonly state: "foreign"; readonly path: string }
);

/** Everything that is a sandbox, or in the way of one of that name. */
export function survey(home: string): readonly Surveyed[] {
  const entries = listDir(home);
  const folders = entries.filter((entry) => isName(entry) && isFolder(join(home, entry)));
  return [...new Set([...folders, ...namesOf(entries).filter(isName)])]
    .sort()
    .map((name) => look(home, name));
}

function look(home: string, name: string): Surveyed {
  const dir = join(home, name);
  const place = { name, dir };
  const owner = readOwner(home, name);
  if (owner === "foreign") return { ...place, state: "foreign", path: join(home, `${name}.owner.json`) };
  const marker = join(dir, MARKER);
  if (!existsSync(marker) && listDir(dir).length > 0) return { ...place, state: "foreign", path: dir };
  if (existsSync(marker) && schemaOf(readFileSync(marker, "utf8")) > SCHEMA)
    return { ...place, state: "later-version" };
  if (owner === undefined)
    return { ...place, state: "down", lasting: listDir(join(dir, LASTING)).length > 0 };
  return { ...place, ...owned(home, name, owner) };
}

function owned(home: string, name: string, owner: Owner) {
  const { pid, host } = owner;
  if (host !== hostname()) return { state: "elsewhere", pid, host } as const;
  if (!ownerLives(owner)) return { state: "dead", pid, servers: livingServers(join(home, name)) } as const;
  return { state: "up", pid, since: statSync(join(home, `${name}.owner.json`)).mtime } as const;
}

function livingServers(dir: string): number {
  return existsSync(dir) ? pidFiles(dir).filter(isServerAlive).length : 0;
}

function isServerAlive(pidFile: string): boolean {
  try {
    const { pid, started } = JSON.parse(readFileSync(pidFile, "utf8")) as ProcessId;
    return startTime(pid) === started;
  } catch {
    return false; // half-written, or gone meanwhile
  }
}

function isName(text: string): boolean {
  try {
    checkName(text);
    return true;
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
