/** What an engine is: it places, starts and stops nats-servers, wherever they run. */
import type { EngineName, Listener } from "../model.ts";

/** Where a server's files will be as the server sees them, and what to listen on; known before rendering. */
export interface Placement {
  /** Absolute directory. */
  readonly root: string;
  /** Address to listen on. */
  readonly host: string;
  /** Port to listen on per listener; -1 lets the server choose. */
  readonly ports: Ports;
  /** Ports asked for by number, where clients dial others than the server listens on. */
  readonly outside?: Ports;
}

type Ports = Readonly<Partial<Record<Listener, number>>>;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Who dials: a program on this machine, one in another container of the same engine, one in the same network. */
export type Viewpoint = "host" | "container" | "network";

/** Content, never a host path: engines decide how it reaches the server. */
export interface ServerFile {
  readonly text: string;
  /** Readable by the server alone (0600). */
  readonly secret: boolean;
}

export interface ServerSpec {
  /** `<mode>/<server>`, unique in the sandbox. */
  readonly id: string;
  /** By name, directly under `Placement.root`; `server.conf` is the config. */
  readonly files: Readonly<Record<string, ServerFile>>;
  readonly listeners: readonly Listener[];
}

/** A running nats-server. */
export interface Server {
  readonly id: string;
  readonly version: string;
  /** Address of a listener as a client sees it. */
  address(listener: Listener): Address;
  /** Address of the client listener for those elsewhere that can reach it. */
  readonly elsewhere: Readonly<Partial<Record<Exclude<Viewpoint, "host">, Address>>>;
  /** Every address at which it can be reached, its host named as in `address`, as the operating system or the engine, not the server, tells it. */
  listeners(): Promise<readonly Address[]>;
  /**
   * The log lines of one connection (`cid:N`), once the server has closed it or the deadline (ms) is over.
   * Unredacted: whoever shows a line passes it through the mode's redactor first.
   */
  story(clientId: number, deadline: number): Promise<readonly string[]>;
  /** The whole log since this start, unredacted. */
  log(): Promise<string>;
  /**
   * Replaces files under its root and has it read its config again; connections that are still good stay.
   * @throws SandboxError `reload-failed` with the server's own reason; it then runs on as it was
   */
  reload(files: Readonly<Record<string, ServerFile>>): Promise<void>;
  /**
   * Lame duck mode: it tells its clients to go elsewhere, takes no new ones, and ends by itself once the last has gone.
   * Resolves when it has said so.
   * @throws SandboxError `reload-failed` when it does not, or has ended
   */
  lameDuck(): Promise<void>;
  /** Resolves when it has ended: stopped, or by itself. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface Engine {
  readonly name: EngineName;
  /** What it runs and where that came from, for people. */
  readonly title: string;
  /** Version of the servers it starts. */
  readonly version: string;
  /** `ports` are asked for by number; the other listeners get whatever is free. */
  place(id: string, listeners: readonly Listener[], ports?: Ports): Promise<Placement>;
  /** Names and addresses, beside those of this machine, under which the servers of a mode are dialled. */
  hostsOf(mode: string): readonly string[];
  /**
   * Starts a server; a second start with the same id finds what the first one stored (streams).
   * @throws SandboxError `port-in-use` when a port asked for by number is taken, else `start-failed`
   */
  start(spec: ServerSpec, at: Placement, signal: AbortSignal): Promise<Server>;
  /** Ends what it runs beside the servers, once these are stopped. */
  close(): Promise<void>;
}
