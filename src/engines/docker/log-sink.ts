/** What a server in a container says: into a file of this machine as it comes, and read from there as with any server. */
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { Container } from "dockerode";
import { writePrivate } from "../../state/private-files.ts";
import { LogFile } from "../log-file.ts";

const LOG = "server.log";

export class LogSink implements Disposable {
  /** What was said since this sink was made. */
  readonly file: LogFile;
  /** Why the file lacks lines, if it does. */
  failure: Error | undefined;
  readonly #writer: Writable;

  /** `dir` is the folder on this machine for `server.log`; it exists. */
  constructor(dir: string) {
    const path = join(dir, LOG);
    if (!existsSync(path)) writePrivate(path, "");
    this.file = new LogFile(path);
    this.#writer = writerTo(openSync(path, "a"));
    this.#writer.on("error", (error) => {
      this.failure = error; // a full disk: whoever waits for a line looks here
    });
  }

  /**
   * Takes in all that a container says; before its start, so that nothing is missed. The promise that it gives once it
   * listens resolves when the container has ended: it may still be there, on its way out.
   */
  async follow(container: Container): Promise<{ readonly ended: Promise<void> }> {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    container.modem.demuxStream(stream, this.#writer, this.#writer);
    const ended = new Promise<void>((resolve) => {
      for (const event of ["end", "close", "error"]) stream.once(event, () => resolve());
    });
    return { ended };
  }

  [Symbol.dispose](): void {
    this.file[Symbol.dispose]();
    this.#writer.destroy();
  }
}

function writerTo(fd: number): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        writeSync(fd, chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    destroy(error, done) {
      closeSync(fd);
      done(error);
    },
  });
}
