/** The action's two programs as a runner runs them: with its environment, its files, and a room that they leave as it was. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { parse } from "yaml";
import { FILES, valuesIn } from "./action-files.ts";
import { openRoom, type Room } from "./cli-room.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const ACTION: { inputs: Record<string, { default?: string }>; outputs: object } = parse(
  readFileSync(join(ROOT, "action.yml"), "utf8"),
);

type Values = Readonly<Record<string, string>>;

export interface Step {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly status: number | null; readonly log: string }>;
  /** Resolves as soon as the log has it. */
  readonly says: (what: RegExp) => Promise<void>;
}

export interface Job extends AsyncDisposable {
  readonly room: Room;
  /** The runner's folder for temporary files. */
  readonly temp: string;
  /** `state` is what the last step is told; `env` is added to the environment. */
  start(program: "main" | "post", inputs: Values, state?: Values, env?: NodeJS.ProcessEnv): Step;
  /** The text of one of the runner's files. */
  file(name: (typeof FILES)[number]): string;
  /** What was given through it. */
  given(name: (typeof FILES)[number]): Record<string, string>;
  /** As for a job that begins. */
  emptyFiles(): void;
  /** Runs the last step, after which nothing is left; what it said. */
  cleanUp(inputs?: Values): Promise<string>;
}

export async function openJob(): Promise<Job> {
  const room = await openRoom("action");
  const temp = join(room.dir, "runner");
  mkdirSync(temp);
  const pathOf = (name: string) => join(room.dir, "scripts", name);
  const job: Job = {
    room,
    temp,
    start(program, inputs, state = {}, more = {}) {
      const defaults = Object.entries(ACTION.inputs).map(([name, { default: value = "" }]) => [name, value]);
      const all = Object.entries({ ...Object.fromEntries(defaults), "job-status": "success", ...inputs });
      return step(program, room.work, {
        ...room.env,
        GITHUB_ACTIONS: "true",
        RUNNER_TEMP: temp,
        ...Object.fromEntries(FILES.map((name) => [name, pathOf(name)])),
        ...Object.fromEntries(all.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
        ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
        ...more,
      });
    },
    file: (name) => readFileSync(pathOf(name), "utf8"),
    given: (name) => valuesIn(job.file(name)),
    emptyFiles() {
      for (const name of FILES) writeFileSync(pathOf(name), "");
    },
    async cleanUp(inputs = {}) {
      const { status, log } = await job.start("post", inputs, job.given("GITHUB_STATE")).ended;
      expect(status, log).toBe(0);
      expect(await room.remaining()).toEqual([]);
      expect(readdirSync(temp)).toEqual([]);
      return log;
    },
    [Symbol.asyncDispose]: () => room[Symbol.asyncDispose](),
  };
  job.emptyFiles();
  return job;
}

function step(program: "main" | "post", cwd: string, env: NodeJS.ProcessEnv): Step {
  const child = spawn(process.execPath, [join(ROOT, `action/${program}.js`)], { cwd, env });
  let log = "";
  let heard = () => {};
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      log += text;
      heard();
    });
  const ended = once(child, "close").then(([status]) => ({ status, log }));
  const says = (what: RegExp) =>
    new Promise<void>((resolve, reject) => {
      heard = () => what.test(log) && resolve();
      heard();
      void ended.then(() => reject(new Error(`never said ${what}: ${log}`)));
    });
  return { child, ended, says };
}

/** This machine's npm, which has packages from where this user has them from, but a cache of its own in `dir`. */
export function withNpm(dir: string): NodeJS.ProcessEnv {
  const { PATH, NODE_EXTRA_CA_CERTS } = process.env;
  const userconfig = execFileSync("npm", ["config", "get", "userconfig"], { encoding: "utf8" }).trim();
  return {
    PATH: `${dirname(process.execPath)}:${PATH}`,
    npm_config_userconfig: userconfig,
    npm_config_cache: join(dir, "npm"),
    ...(NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS }),
  };
}
