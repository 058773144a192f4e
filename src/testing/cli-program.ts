/** A program run as a child process: what it prints as it prints it, and how it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";

export interface Finished {
  /** As a shell tells it: 128 + n for a program that signal n ended. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long (ms) a test waits for what must happen; reached only by one that fails. */
const PATIENCE = 20_000;

export class Program {
  readonly ended: Promise<Finished>;
  readonly #child: ChildProcess;
  readonly #told = { stdout: "", stderr: "" };

  constructor(
    path: string,
    args: readonly string[],
    options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly input?: string | Uint8Array },
  ) {
    const { input, ...rest } = options;
    this.#child = spawn(path, args, {
      ...rest,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    this.#child.stdin?.on("error", () => {}); // it may end without reading it all
    this.#child.stdin?.end(input);
    for (const name of ["stdout", "stderr"] as const) {
      const stream = this.#child[name];
      stream?.setEncoding("utf8");
      stream?.on("data", (chunk: string) => {
        this.#told[name] += chunk;
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code, signal) => {
        const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
        resolve({ status, ...this.#told });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#told.stdout;
  }

  get stderr(): string {
    return this.#told.stderr;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits until it has printed this on either stream; fails when it ends first. */
  async says(what: RegExp): Promise<this> {
    await eventually(() => {
      if (what.test(this.stdout) || what.test(this.stderr)) return true;
      if (!this.running) throw new Error(`it ended without saying ${what}:\n${this.stdout}${this.stderr}`);
      return false;
    }, `it to say ${what}`);
    return this;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Stops reading one of its streams and closes it, as `| head -1` does. */
  hangUp(stream: "stdout" | "stderr"): void {
    this.#child[stream]?.destroy();
  }

  /** Sends the signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Finished> {
    this.kill(signal);
    return this.ended;
  }
}

/** Looks every few ms until `look` is true; a look that takes long, less often. */
export async function eventually(look: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const begin = performance.now();
  const end = begin + PATIENCE;
  for (let now = begin; !(await look()); now = performance.now()) {
    const pause = Math.max(10, 2 * (performance.now() - now));
    if (performance.now() > end) throw new Error(`waited ${PATIENCE / 1000} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
