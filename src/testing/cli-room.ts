/** A temp directory in which the compiled command line runs as a user would run it, and what is left of it afterwards. */
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findServer, type ServerBinary } from "../server/find.ts";
import { eventually, type Finished, Program } from "./cli-program.ts";

export type { Finished } from "./cli-program.ts";

/** Compiled by `npm test` before vitest starts. */
export const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface RunOptions {
  /** Added to the environment, which is otherwise the room's own alone; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the room's `work` folder. */
  readonly cwd?: string;
  /** Arguments for node itself, before the program. */
  readonly node?: readonly string[];
  /** What is piped in; without it, stdin is empty. */
  readonly input?: string | Uint8Array;
}

let server: Promise<ServerBinary> | undefined;

/** The real nats-server that all rooms use: found once a test file, fetched once a machine. */
export function realServer(): Promise<ServerBinary> {
  server ??= findServer();
  return server;
}

export interface Room extends AsyncDisposable {
  /** The unique directory of everything below. */
  readonly dir: string;
  /** Working directory of its commands. */
  readonly work: string;
  /** The state directory its commands use. */
  readonly state: string;
  /** The environment of its commands. */
  readonly env: NodeJS.ProcessEnv;
  /** Writes an executable `sh` script into `scripts` and returns its path. */
  script(name: string, text: string): string;
  start(args: readonly string[], options?: RunOptions): Program;
  /** Runs a command to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Every file and folder there is, relative to `dir`. */
  files(): readonly string[];
  /** What its commands left: files and folders that a fresh room does not have, but for what is to last. */
  left(): readonly string[];
  /** What is to last of the sandboxes that were up. */
  lasting(): readonly string[];
  /** Processes that its commands started and that still live, by pid, with their arguments. */
  processes(): ReadonlyMap<number, string>;
  /** Arguments of those that do not end although they should; waits for them. */
  remaining(): Promise<readonly string[]>;
  /** The pids of those that are nats-servers. */
  servers(): readonly number[];
}

const FOLDERS = ["bin", "home", "scripts", "tmp", "work"];

/**
 * A PATH of its own without anything in it (so no nats CLI), a HOME and a TMPDIR, so that nothing outside is read or
 * written. `name` becomes part of every path in it.
 */
export async function openRoom(name = "room"): Promise<Room> {
  const { path } = await realServer();
  const dir = realpathSync(mkdtempSync(join(tmpdir(), `nats-sandbox-${name}-`)));
  for (const folder of FOLDERS) mkdirSync(join(dir, folder));
  const work = join(dir, "work");
  const environment: NodeJS.ProcessEnv = {
    PATH: join(dir, "bin"),
    HOME: join(dir, "home"),
    TMPDIR: join(dir, "tmp"),
    NATS_SANDBOX_SERVER: path,
  };
  const start = (args: readonly string[], { env = {}, cwd = work, node = [], ...rest }: RunOptions = {}) =>
    new Program(process.execPath, [...node, MAIN, ...args], {
      cwd,
      env: { ...environment, ...env },
      ...rest,
    });
  const files = () => readdirSync(dir, { recursive: true, encoding: "utf8" }).sort();
  return {
    dir,
    work,
    state: join(work, ".nats-sandbox"),
    env: environment,
    script(name, text) {
      const path = join(dir, "scripts", name);
      writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o700 });
      return path;
    },
    start,
    run: (args, options) => start(args, options).ended,
    files,
    left() {
      const all = files().filter((file) => !FOLDERS.includes(file) && !file.startsWith("scripts/"));
      const lasting = lastingOf(all);
      return all.filter((file) => !lasting.includes(file));
    },
    lasting: () => lastingOf(files()),
    processes: () => processesOf(dir),
    async remaining() {
      let last = processesOf(dir);
      // A watchdog ends a moment after its server.
      await eventually(() => {
        last = processesOf(dir);
        return last.size === 0;
      }, "processes to end").catch(() => {});
      return [...last.values()];
    },
    servers: () =>
      [...processesOf(dir)].flatMap(([pid, args]) => (args.startsWith(`${path} -c `) ? [pid] : [])),
    async [Symbol.asyncDispose]() {
      for (const pid of processesOf(dir).keys()) killIfThere(pid);
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** The identities of sandboxes, their folders, and the home of these where it holds nothing else. */
function lastingOf(files: readonly string[]): readonly string[] {
  const dirs = files.flatMap((file) => /^(.*)\/identity$/.exec(file)?.[1] ?? []);
  const ofDir = (dir: string) => (file: string) =>
    file === dir ||
    file === `${dir}/.sandbox.json` ||
    /^\/identity(\/[^/]+\.json)?$/.test(file.slice(dir.length));
  const lasting = files.filter((file) => dirs.some((dir) => file.startsWith(dir) && ofDir(dir)(file)));
  const homes = new Set(dirs.map((dir) => dir.slice(0, dir.lastIndexOf("/"))));
  const empty = [...homes].filter((home) =>
    files.every(
      (file) => !file.startsWith(`${home}/`) || file === `${home}/.gitignore` || lasting.includes(file),
    ),
  );
  return [...lasting, ...empty.flatMap((home) => [home, `${home}/.gitignore`])];
}

/** Processes whose arguments or, where that can be told, working directory lie in `dir`. */
function processesOf(dir: string): ReadonlyMap<number, string> {
  return process.platform === "linux" ? fromProc(dir) : fromPs(dir);
}

function fromProc(dir: string): ReadonlyMap<number, string> {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = pids.flatMap((pid): readonly (readonly [number, string])[] => {
    try {
      // A process that has ended and waits for its parent has no arguments any more.
      const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      const inside = args !== "" && (args.includes(dir) || readlinkSync(`/proc/${pid}/cwd`).startsWith(dir));
      return inside ? [[Number(pid), args]] : [];
    } catch {
      return []; // gone meanwhile
    }
  });
  return new Map(found);
}

function fromPs(dir: string): ReadonlyMap<number, string> {
  const lines = execFileSync("ps", ["-axo", "pid=,stat=,args="], { encoding: "utf8" }).split("\n");
  const found = lines.flatMap((line): readonly (readonly [number, string])[] => {
    const [, pid, stat = "", args = ""] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return args.includes(dir) && !stat.startsWith("Z") ? [[Number(pid), args]] : [];
  });
  return new Map(found);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone meanwhile
  }
}
