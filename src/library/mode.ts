/** A mode that is up, as a program holds it: who may connect how, and what can be done to its servers. */
import { type NatsOptions, natsOptions } from "../dial/nats-js-options.ts";
import { dyingWords } from "../engines/server-words.ts";
import { type ClientFiles, type Environment, environmentOf } from "../env.ts";
import { messageOf, SandboxError } from "../errors.ts";
import type { HandedOut } from "../handed-out.ts";
import type { Connection, Mode } from "../model.ts";
import type { Renewal, RunningMode } from "../running/running.ts";
import type { Sandbox } from "../sandbox.ts";
import { connectionOf, type Twin } from "./twin.ts";

/** A mode that is up. Its clients are named as in its data; `app` is the one that gets in. */
export interface SandboxMode {
  readonly name: string;
  /** Its data. */
  readonly mode: Mode;
  /** Where `app` connects, without credentials. */
  readonly url: string;
  /** Of its nats-servers. */
  readonly version: string;
  /** Names of the clients that it hands out. */
  readonly clients: readonly string[];
  /**
   * Resolves, with the server's last words, when one of its servers has ended although nobody here stopped it. After such an
   * end, `restart()` makes a new promise.
   */
  readonly lost: Promise<SandboxError>;
  /**
   * What a client needs to dial: URL, login, certificates as PEM. With `twin`, one that differs in that.
   * @throws SandboxError `unknown-client`; `usage` for a twin that the mode cannot have
   */
  connection(client?: string, twin?: Twin): Connection;
  /**
   * The same as options for `connect` of nats.js: `await connect(nats.connectionOptions())`. TLS is demanded where the
   * connection is a TLS one, which the URL alone does not do there; a twin is turned away at once, not tried again.
   */
  connectionOptions(client?: string, twin?: Twin): NatsOptions;
  /** The variables that the nats CLI and many programs read: `NATS_URL`, `NATS_CA` and so on, credentials included. */
  environment(client?: string): Environment;
  /** Absolute paths of a client's PEM files and its context of the nats CLI; its keys are readable by the user alone. */
  files(client?: string): ClientFiles;
  /** The logs of its servers since their start, without secrets. */
  logs(): Promise<string>;
  /** Stops its servers and starts them again: same ports, certificates, secrets and streams. */
  restart(): Promise<void>;
  /**
   * Has its servers read their config again, as it is.
   * @throws SandboxError `reload-failed` with the server's own reason
   */
  reload(): Promise<void>;
  /**
   * New secrets, or a new CA with new certificates (or both, which is the default), under the live servers: the next
   * `connection()` has them, the files are replaced at their paths, and nats-server disconnects whoever is no longer let in.
   * Returns false where the mode has nothing of the kind.
   * @throws SandboxError `reload-failed`; the old ones are good then
   */
  rotate(what?: Renewal): Promise<boolean>;
  /** Its servers tell their clients to go elsewhere, take no new ones, and end with the last; `restart` brings them back. */
  lameDuck(): Promise<void>;
  /**
   * Deletes all streams (and with them key-value buckets and object stores) of a client's account.
   * @throws SandboxError `usage` without JetStream, or when the client may not
   */
  resetJetStream(client?: string): Promise<void>;
}

export class HeldMode implements SandboxMode {
  readonly name: string;
  readonly mode: Mode;
  readonly version: string;
  readonly #running: RunningMode;
  readonly #sandbox: Sandbox;
  /** The paths stay as long as the mode is up; what is in the files may change. */
  readonly #handedOut: readonly HandedOut[];
  #loss = newLoss();

  constructor(running: RunningMode, sandbox: Sandbox) {
    this.name = running.mode.name;
    this.mode = running.mode;
    this.version = sandbox.engine.version;
    this.#running = running;
    this.#sandbox = sandbox;
    this.#handedOut = sandbox.handOut([running]);
    if (running.lost.length > 0) void this.hasLostOne();
  }

  get clients(): readonly string[] {
    return this.#handedOut.map(({ client }) => client);
  }

  get lost(): Promise<SandboxError> {
    return this.#loss.told;
  }

  get url(): string {
    return this.connection().url;
  }

  connection(client = "app", twin: Twin = {}): Connection {
    return connectionOf(this.#running, client, twin);
  }

  connectionOptions(client = "app", twin: Twin = {}): NatsOptions {
    const options = natsOptions(this.connection(client, twin));
    return Object.keys(twin).length === 0 ? options : { ...options, reconnect: false };
  }

  environment(client = "app"): Environment {
    const files = this.files(client);
    return environmentOf(this.connection(client), files);
  }

  files(client = "app"): ClientFiles {
    return this.#handedOutTo(client).files;
  }

  async logs(): Promise<string> {
    const { serverNames, redact } = this.#running;
    const all = await Promise.all(serverNames.map(async (name) => (await this.#running.server(name)).log()));
    return redact(all.join(""));
  }

  async restart(): Promise<void> {
    if (this.#loss.begun) this.#loss = newLoss();
    try {
      await this.#sandbox.restart([this.#running]);
    } finally {
      if (this.#running.lost.length > 0) await this.hasLostOne();
    }
  }

  reload(): Promise<void> {
    return this.#running.reload();
  }

  async rotate(what: Renewal = { secrets: true, certificates: true }): Promise<boolean> {
    return (await this.#sandbox.renew([this.#running], what)).length > 0;
  }

  lameDuck(): Promise<void> {
    return this.#running.lameDuck();
  }

  async resetJetStream(client = "app"): Promise<void> {
    const connection = this.connection(client);
    const { deleteStreams } = await import("../dial/stream.ts");
    await deleteStreams(connection).catch((error: unknown) => {
      if (error instanceof SandboxError) throw error;
      throw this.#lossOf(`the nats-server of ${this.name} gave no answer`, messageOf(error));
    });
  }

  /** To be called when one of its servers has ended by itself. */
  async hasLostOne(): Promise<void> {
    const loss = this.#loss;
    loss.begun = true; // at once: a restart while its words are read must not be told of it
    const said = await this.logs().catch(() => "");
    const words = `nats-server ${this.version} said: ${dyingWords(said)}`;
    loss.tell(this.#lossOf(`the nats-server of ${this.name} ended by itself`, words));
  }

  #lossOf(message: string, detail: string): SandboxError {
    return new SandboxError("server-lost", message, {
      detail,
      fix: "restart() starts it again on the same port",
    });
  }

  #handedOutTo(client: string): HandedOut {
    const found = this.#handedOut.find((one) => one.client === client);
    if (found !== undefined) return found;
    this.connection(client); // throws, unless it dials a server that lives only while the mode is checked
    throw new SandboxError("unknown-client", `${this.name} hands out nothing for the client ${client}`, {
      fix: `name one of these: ${this.clients.join(", ")}`,
    });
  }
}

interface Loss {
  readonly told: Promise<SandboxError>;
  readonly tell: (error: SandboxError) => void;
  /** A server has ended; what it said is still to be read. */
  begun: boolean;
}

/** Told once, to whoever asked before or asks afterwards. */
function newLoss(): Loss {
  let tell: (error: SandboxError) => void = () => {};
  const told = new Promise<SandboxError>((resolve) => {
    tell = resolve;
  });
  return { told, tell, begun: false };
}
