/** Finds programs on PATH and runs them to their end, never past a deadline. */

import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

const SUFFIX = process.platform === "win32" ? ".exe" : "";

/** Output beyond this many characters is dropped. */
const MOST_OUTPUT = 1_000_000;

interface Finished {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds; then the program and all it started are killed. */
  readonly deadline: number;
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Every executable file of that name, in the order of PATH. Relative entries are skipped: no program of the cwd. */
export async function findOnPath(name: string, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const folders = (env.PATH ?? "").split(delimiter).filter(isAbsolute);
  const candidates = [...new Set(folders)].map((folder) => join(folder, name + SUFFIX));
  const executable = await Promise.all(candidates.map(isExecutable));
  return candidates.filter((_, index) => executable[index]);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program without input. Rejects when it cannot be started, when the deadline is over, and with the signal's
 * reason when aborted; an exit status other than 0 is a result like any other.
 */
export function run(path: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  options.signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    // A process group of its own, so that the compilers of `go install` and the like are killed with it.
    const child = spawn(path, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
    });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);

    const timer = setTimeout(() => {
      end(new Error(`it did not finish within ${options.deadline / 1000} s and was killed`));
    }, options.deadline);
    const onAbort = () => end(options.signal?.reason);
    options.signal?.addEventListener("abort", onAbort, { once: true });

    function settle(): void {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
    }
    function end(reason: unknown): void {
      settle();
      killGroup(child);
      // A grandchild that left the group may keep the pipes open, and this process with them.
      child.stdout.destroy();
      child.stderr.destroy();
      reject(reason);
    }

    child.once("error", (error) => {
      settle();
      reject(error);
    });
    child.once("close", (code) => {
      settle();
      resolve({ code, stdout: stdout(), stderr: stderr() });
    });
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    if (text.length < MOST_OUTPUT) text += chunk;
  });
  return () => text;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}
