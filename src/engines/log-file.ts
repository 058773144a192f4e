/** A server's log file, read as it grows: whole, by connection, or until a line appears. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** How often (ms) a growing log is looked at while somebody waits. A look that finds nothing costs microseconds. */
const INTERVAL = 2;

/** Somebody who waits for something in the log, until `end` (performance.now). */
interface Waiter {
  readonly look: () => boolean;
  readonly settle: () => void;
  readonly end: number;
}

export class LogFile implements Disposable {
  /** Undefined once closed: what was read until then can still be asked for. */
  #fd: number | undefined;
  readonly #chunk = Buffer.allocUnsafe(16 * 1024);
  #text = "";
  #rest = Buffer.alloc(0);
  #offset = 0;
  readonly #stories = new Map<number, string[]>();
  /** Connections whose story is complete. */
  readonly #closed = new Set<number>();
  readonly #waiters = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;

  /** Reads what is written from now on. */
  constructor(path: string) {
    this.#fd = openSync(path, "r");
    this.#offset = fstatSync(this.#fd).size;
  }

  /** All that was written since. */
  text(): string {
    this.#read();
    return this.#text + this.#rest.toString("utf8");
  }

  /** Waits until `look` finds something in the log, or until `deadline` ms are over (undefined then). */
  async find<T>(look: (log: string) => T | undefined, deadline: number): Promise<T | undefined> {
    let found: T | undefined;
    await this.#wait(() => {
      found = look(this.#text);
      return found !== undefined;
    }, deadline);
    return found;
  }

  /** The lines of connection `cid`, complete once the server says that it is closed, or as they are at the deadline. */
  async story(cid: number, deadline: number): Promise<readonly string[]> {
    await this.#wait(() => this.#closed.has(cid), deadline);
    return this.#stories.get(cid) ?? [];
  }

  [Symbol.dispose](): void {
    if (this.#fd === undefined) return;
    this.#read();
    closeSync(this.#fd);
    this.#fd = undefined;
    clearTimeout(this.#timer);
    for (const { settle } of this.#waiters) settle();
    this.#waiters.clear();
  }

  #wait(look: () => boolean, deadline: number): Promise<void> {
    this.#read();
    if (look() || this.#fd === undefined) return Promise.resolve();
    return new Promise((settle) => {
      this.#waiters.add({ look, settle, end: performance.now() + deadline });
      this.#timer ??= setTimeout(() => this.#tick(), INTERVAL);
    });
  }

  /** One look at the file for all who wait. */
  #tick(): void {
    this.#read();
    const now = performance.now();
    for (const waiter of this.#waiters) {
      if (!waiter.look() && now < waiter.end) continue;
      this.#waiters.delete(waiter);
      waiter.settle();
    }
    this.#timer = this.#waiters.size === 0 ? undefined : setTimeout(() => this.#tick(), INTERVAL);
  }

  /** Takes in what was appended. */
  #read(): void {
    while (this.#fd !== undefined) {
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
    for (const line of lines.split("\n")) this.#sort(line);
  }

  #sort(line: string): void {
    const found = / - cid:(\d+) - /.exec(line)?.[1];
    if (found === undefined) return;
    const cid = Number(found);
    const story = this.#stories.get(cid) ?? [];
    // Without pid, date and time: the line then starts at its level, "[DBG] …".
    story.push(line.slice(Math.max(0, line.indexOf("[", 1))));
    this.#stories.set(cid, story);
    if (line.includes("Client connection closed")) this.#closed.add(cid);
  }
}
