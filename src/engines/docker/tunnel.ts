/** A program's input and output as the connection of an HTTP client; it ends with the program's own words when that fails. */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { Duplex } from "node:stream";

/** Of what the program says, for an error. */
const MOST_WORDS = 1_000;
/** How long (ms) after its end its output is waited for: what it left in the background may hold that open. */
const REST = 300;

export class Tunnel extends Duplex {
  /** The first word has come, or it is over. */
  readonly answered: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;

  /** `what` is for errors: "ssh to example.org". */
  constructor(child: ChildProcessWithoutNullStreams, what: string) {
    super();
    this.#child = child;
    let words = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words = (words + text).slice(-MOST_WORDS);
    });
    child.stdin.on("error", () => {}); // it has ended, and its last words tell why
    this.answered = new Promise((resolve) => {
      child.stdout.once("data", () => resolve());
      this.once("close", resolve);
    });
    child.stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.once("error", (error) => this.destroy(error));
    child.once("exit", (status, signal) => {
      const over = () => {
        clearTimeout(timer);
        child.off("close", over);
        if (status === 0) this.push(null);
        else this.destroy(new Error(`${what} ended with ${status ?? signal}: ${lastLines(words)}`));
      };
      const timer = setTimeout(over, REST);
      child.once("close", over);
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#child.stdin.write(chunk, (error) => {
      if (!error) done(); // else its end comes next
    });
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
    done(error);
  }

  ref(): void {
    for (const one of this.#held()) one.ref?.();
  }

  /** While nothing else does, it keeps no process alive. */
  unref(): void {
    for (const one of this.#held()) one.unref?.();
  }

  // What an HTTP client does to a socket, and a pipe has no use for.
  setNoDelay(): void {}
  setKeepAlive(): void {}
  setTimeout(): void {}

  #held(): readonly { ref?(): unknown; unref?(): unknown }[] {
    const { stdin, stdout, stderr } = this.#child;
    return [this.#child, stdin, stdout, stderr] as readonly { ref?(): unknown; unref?(): unknown }[];
  }
}

/** Without the line whose begin has been cut off. */
function lastLines(words: string): string {
  const whole = words.length < MOST_WORDS ? words : words.slice(words.indexOf("\n") + 1);
  return whole.trim() || "no word";
}
