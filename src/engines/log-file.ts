/** A server's log file, read as it grows: whole, by connection, or until a line appears. */
import { closeSync, openSync, readSync } from "node:fs";

/** How often a growing log is looked at while somebody waits, in ms. A look that finds nothing costs microseconds. */
const INTERVAL = 2;

export class LogFile implements Disposable {
  readonly #fd: number;
  readonly #chunk = Buffer.alloc(64 * 1024);
  #text = "";
  #rest = Buffer.alloc(0);
  #offset = 0;
  readonly #stories = new Map<number, string[]>();

  constructor(path: string) {
    this.#fd = openSync(path, "r");
  }

  /** The whole log so far. */
  text(): string {
    this.#read();
    return this.#text + this.#rest.toString("utf8");
  }

  /** Waits until `look` finds something in the log, or until `deadline` ms are over (undefined then). */
  async find<T>(look: (log: string) => T | undefined, deadline: number): Promise<T | undefined> {
    const end = performance.now() + deadline;
    for (;;) {
      this.#read();
      const found = look(this.#text);
      if (found !== undefined || performance.now() > end) return found;
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    }
  }

  /** The lines of connection `cid`, complete once the server says that it is closed, or as they are at the deadline. */
  async story(cid: number, deadline: number): Promise<readonly string[]> {
    const lines = () => this.#stories.get(cid) ?? [];
    await this.find(
      () => (lines().some((line) => line.includes("Client connection closed")) ? true : undefined),
      deadline,
    );
    return lines();
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #read(): void {
    for (;;) {
      const size = readSync(this.#fd, this.#chunk, 0, this.#chunk.length, this.#offset);
      if (size === 0) return;
      this.#offset += size;
      this.#take(Buffer.concat([this.#rest, this.#chunk.subarray(0, size)]));
    }
  }

  /** Keeps whole lines, sorted by connection; the start of an unfinished line waits for its end. */
  #take(bytes: Buffer): void {
    const end = bytes.lastIndexOf(10) + 1;
    this.#rest = Buffer.from(bytes.subarray(end));
    const lines = bytes.toString("utf8", 0, end);
    this.#text += lines;
    for (const line of lines.split("\n")) {
      const cid = / - cid:(\d+) - /.exec(line)?.[1];
      if (cid === undefined) continue;
      const story = this.#stories.get(Number(cid)) ?? [];
      story.push(line.slice(line.indexOf("[", 1) < 0 ? 0 : line.indexOf("[", 1)));
      this.#stories.set(Number(cid), story);
    }
  }
}
