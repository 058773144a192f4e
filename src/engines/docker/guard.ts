/**
 * The guard: a container that holds the files of a sandbox's servers, and takes the servers with it when its owner dies.
 *
 * It runs the servers' own image and reads a config from its standard input, which never ends while the owner lives: the
 * engine closes it when the owner's connection goes, however that came about. What was read then is no config, so the
 * guard ends. The servers live in its process namespace, and the kernel ends all of that with its first process; the
 * engine removes the containers, and with the last one the volume. No socket inside, no privilege, no image of its own.
 */
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Container } from "dockerode";
import tar from "tar-stream";
import type { ServerFile } from "../engine.ts";
import { HARDENED } from "./hardening.ts";
import type { Labels } from "./labels.ts";
import { removeContainer } from "./remove.ts";

/** Where the volume is, in the guard and in every server. */
export const FILES = "/nats-sandbox";
/** User and group of the guard; those of the servers follow, each its own, and none can read what another one has. */
export const FIRST_USER = 10_000;

/** At the end of the input it makes every version end with an error, even one that cannot only test a config (1.x). */
const NO_CONFIG = "no config {\n";
/** Comments, still: proxies close connections on which nothing is said. */
const HEARTBEAT = "# alive\n";
const HEARTBEAT_INTERVAL = 30_000;
/** How long (ms) it may take to end by itself; it takes a tenth of that. */
const PATIENCE = 3_000;

/** The folder of one server. */
interface Parcel {
  /** Name of the folder. */
  readonly folder: string;
  /** Who may read it. */
  readonly user: number;
  readonly files: Readonly<Record<string, ServerFile>>;
}

interface Waiting {
  readonly parcel: Parcel;
  /** A container that sees the volume: files go in through it. */
  readonly by: Container;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class Guard {
  readonly id: string;
  /** It runs: servers can join it. */
  readonly up: Promise<void>;
  readonly #container: Container;
  readonly #life: Duplex;
  readonly #heartbeat: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #busy = false;
  #isUp = false;

  private constructor(container: Container, life: Duplex) {
    this.id = container.id;
    this.#container = container;
    this.#life = life;
    life.on("error", () => {}); // it has gone: `lives` tells
    life.once("close", () => clearInterval(this.#heartbeat));
    life.resume();
    life.write(NO_CONFIG);
    this.#heartbeat = setInterval(() => life.write(HEARTBEAT), HEARTBEAT_INTERVAL).unref();
    this.up = container.start();
    this.up.then(
      () => {
        this.#isUp = true;
      },
      () => {}, // whoever waits for it is told
    );
  }

  /** `name` is unique in the engine. */
  static async open(docker: Docker, image: string, name: string, labels: Labels): Promise<Guard> {
    const container = await docker.createContainer({
      name,
      Image: image,
      Labels: labels,
      User: `${FIRST_USER}:${FIRST_USER}`,
      Cmd: ["-c", "/dev/stdin"],
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      HostConfig: {
        ...HARDENED,
        NetworkMode: "none",
        Mounts: [{ Type: "volume", Source: "", Target: FILES, VolumeOptions: { Labels: labels } as never }],
      },
    });
    try {
      // Before the start, so that there is no moment at which it would live without us.
      const life = await container.attach({ stream: true, stdin: true, hijack: true });
      return new Guard(container, life as Duplex);
    } catch (error) {
      await removeContainer(container);
      throw error;
    }
  }

  /** Whether servers can join it, or soon will: others may have removed it, which nothing but the engine tells. */
  async lives(): Promise<boolean> {
    if (!this.#isUp) return true;
    return this.#container.inspect().then(
      ({ State }) => State.Running,
      () => false,
    );
  }

  /** Puts the files of a server into its folder. Those of servers that come at the same time go together. */
  put(parcel: Parcel, by: Container): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ parcel, by, done, failed });
      if (!this.#busy) void this.#carry();
    });
  }

  /** Ends it, and every server that there still is; one that is paused does not end by itself. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#life.end();
    const started = await this.up.then(
      () => true,
      () => false,
    );
    if (started && (await isOverWithin(PATIENCE, removalOf(this.#container)))) return;
    await removeContainer(this.#container);
  }

  async #carry(): Promise<void> {
    this.#busy = true;
    for (let all = this.#waiting; all.length > 0; all = this.#waiting) {
      this.#waiting = [];
      try {
        await all[0]?.by.putArchive(pack(all.map(({ parcel }) => parcel)), { path: FILES });
        for (const { done } of all) done();
      } catch (error) {
        for (const { failed } of all) failed(error);
      }
    }
    this.#busy = false;
  }
}

/** Once it is gone, or its engine is. */
async function removalOf(container: Container): Promise<void> {
  await container.wait({ condition: "removed" }).catch(() => {});
}

async function isOverWithin(ms: number, work: Promise<void>): Promise<boolean> {
  const enough = new AbortController();
  const late = sleep(ms, false, { signal: enough.signal }).catch(() => false);
  const over = await Promise.race([work.then(() => true), late]);
  enough.abort();
  return over;
}

function pack(parcels: readonly Parcel[]): tar.Pack {
  const archive = tar.pack();
  for (const { folder, user, files } of parcels) {
    const owned = { uid: user, gid: user };
    archive.entry({ name: folder, type: "directory", mode: 0o700, ...owned });
    for (const [name, { text }] of Object.entries(files))
      archive.entry({ name: `${folder}/${name}`, mode: 0o600, ...owned }, text);
  }
  archive.finalize();
  return archive;
}
