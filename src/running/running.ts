/** Brings one mode up: makes its secrets and certificates, places, configures and starts its servers. */
import type { Engine, Server } from "../engines/engine.ts";
import { messageOf, SandboxError } from "../errors.ts";
import type { ClientSpec, Connection, KeyPair, KeyType, Listener, Login, LoginSpec, Mode } from "../model.ts";
import { type Material, makeMaterial, resolveConnection, resolveLogin } from "../resolve.ts";
import { createRedactor, type Redactor } from "../secrets.ts";
import { configure, serverNamesOf } from "./configure.ts";
import type { Ports } from "./identity.ts";
import { Servers, type ServersOptions } from "./servers.ts";

export interface StartOptions extends Omit<ServersOptions, "listeners"> {
  /** Names and addresses the certificates are good for, beside localhost, 127.0.0.1 and ::1. */
  readonly hosts?: readonly string[];
  readonly keyType?: KeyType;
  /** Open the monitoring port too. */
  readonly monitor?: boolean;
  /** Secrets and certificates made before; fresh ones when absent. */
  readonly material?: Material;
}

/** What is made anew. */
export interface Renewal {
  readonly certificates?: boolean;
  readonly secrets?: boolean;
}

/** A mode that is up. Nothing of it is shared with another one. */
export interface RunningMode extends AsyncDisposable {
  readonly mode: Mode;
  readonly engine: Engine;
  /** Takes every secret of this mode out of a text. */
  readonly redact: Redactor;
  /** The listeners of each of its servers. */
  readonly listeners: readonly Listener[];
  /** Names of the servers that are handed out. */
  readonly serverNames: readonly string[];
  /** Its secrets and certificates. */
  readonly material: Material;
  /** The ports of the servers that are handed out. */
  ports(): Ports;
  /** Names of servers that ended by themselves. */
  readonly lost: readonly string[];
  /** A server by name; one that lives only while the mode is checked is started by the first call. */
  server(name: string): Promise<Server>;
  /** The config of a server as it is on disk, with its secrets. */
  config(name: string): string;
  connection(client?: string, but?: ClientSpec): Connection;
  /** Where others than programs of this machine find the server of a client. */
  elsewhere(client: string): Server["elsewhere"];
  login(spec: LoginSpec): Login | undefined;
  /** A certificate of the mode with its key, PEM. */
  pair(name: string): KeyPair;
  /** PEM of the mode's CA certificate; undefined for a mode without TLS. */
  readonly ca: string | undefined;
  /** The names its server certificates are good for beside localhost. */
  readonly hosts: readonly string[];
  /** Does a text hold, in clear, a secret that the server knows only by its hash? */
  holdsClearSecret(text: string): boolean;
  /** Stops the servers that are handed out and starts them again: same ports, same files, same streams. */
  restart(): Promise<void>;
  /** Stops the servers that live only while the mode is checked. */
  endCheck(): Promise<void>;
  /**
   * New certificates of a new CA, or new secrets, or both, under the live servers; ports stay. Returns false where there
   * is nothing of the kind.
   */
  renew(what: Renewal): Promise<boolean>;
  /** Has its servers read their files again. */
  reload(): Promise<void>;
  /** Its servers take no new clients, tell theirs to go elsewhere, and end with the last of them. */
  lameDuck(): Promise<void>;
}

/** @throws SandboxError `start-failed` or `port-in-use` with the server's own reason, redacted. */
export async function startMode(mode: Mode, options: StartOptions): Promise<RunningMode> {
  const running = new Running(mode, options, options.material ?? (await makeMaterial(mode, options)));
  try {
    await Promise.all(running.serverNames.map((name) => running.server(name)));
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
  return running;
}

class Running implements RunningMode {
  readonly mode: Mode;
  readonly engine: Engine;
  readonly redact: Redactor = (text) => this.#redactors.reduce((before, redact) => redact(before), text);
  readonly listeners: readonly Listener[];
  readonly serverNames: readonly string[];
  readonly #options: StartOptions;
  readonly #servers: Servers;
  #material: Material;
  /** One renewal at a time: each starts from what the one before has left. */
  #renewing: Promise<void> = Promise.resolve();
  /** One for each set of secrets that it has had: its log may hold any of them. */
  #redactors: readonly Redactor[];

  constructor(mode: Mode, options: StartOptions, material: Material) {
    const { engine } = options;
    this.mode = mode;
    this.engine = engine;
    this.serverNames = serverNamesOf(mode);
    this.listeners = options.monitor === true ? ["client", "monitor"] : ["client"];
    this.#options = options;
    this.#material = material;
    this.#redactors = [createRedactor(material.secrets)];
    this.#servers = new Servers(mode, { ...options, listeners: this.listeners }, (recipe, placement) =>
      configure(mode, recipe, this.#material, placement, engine.version),
    );
  }

  get material(): Material {
    return this.#material;
  }

  get ca(): string | undefined {
    return this.mode.certificates === undefined ? undefined : this.#material.trust("ca");
  }

  get hosts(): readonly string[] {
    return this.#options.hosts ?? [];
  }

  get lost(): readonly string[] {
    return [...this.#servers.lost];
  }

  server(name: string): Promise<Server> {
    return this.#redacting(this.#servers.start(name));
  }

  ports(): Ports {
    return this.#servers.ports(this.serverNames);
  }

  config(name: string): string {
    return this.#servers.config(name);
  }

  connection(client = "app", but: ClientSpec = {}): Connection {
    return resolveConnection(this.mode, this.#material, client, but, (server) =>
      this.#servers.up(server).address("client"),
    );
  }

  elsewhere(client: string): Server["elsewhere"] {
    return this.#servers.up(this.mode.clients[client]?.server ?? "server").elsewhere;
  }

  login(spec: LoginSpec): Login | undefined {
    return resolveLogin(this.#material.secrets, spec);
  }

  pair(name: string): KeyPair {
    const pair = this.#material.pairs[name];
    if (pair === undefined)
      throw new SandboxError("bug", `mode ${this.mode.name} has no certificate ${name}`);
    return pair;
  }

  holdsClearSecret(text: string): boolean {
    const hashed = Object.values(this.#material.secrets).filter(({ hash }) => hash !== undefined);
    return hashed.some(({ password, token }) =>
      [password, token].some((clear) => clear !== undefined && text.includes(clear)),
    );
  }

  restart(): Promise<void> {
    return this.#redacting(this.#servers.restart(this.serverNames));
  }

  endCheck(): Promise<void> {
    return this.#servers.stopOthers(this.serverNames);
  }

  renew(what: Renewal): Promise<boolean> {
    const renewing = this.#renewing.then(() => this.#renew(what));
    this.#renewing = renewing.then(
      () => {},
      () => {},
    );
    return renewing;
  }

  async #renew({ certificates = false, secrets = false }: Renewal): Promise<boolean> {
    const before = this.#material;
    const renews = {
      certificates: certificates && this.mode.certificates !== undefined,
      secrets: secrets && this.mode.secrets !== undefined,
    };
    if (!renews.certificates && !renews.secrets) return false;
    const fresh = await makeMaterial(this.mode, this.#options);
    this.#material = {
      ...(renews.certificates ? fresh : before),
      secrets: renews.secrets ? fresh.secrets : before.secrets,
    };
    if (renews.secrets) this.#redactors = [...this.#redactors, createRedactor(fresh.secrets)];
    try {
      await this.reload();
    } catch (error) {
      this.#material = before; // those that took the new files take the old ones again
      await this.reload().catch(() => {});
      throw error;
    }
    return true;
  }

  reload(): Promise<void> {
    return this.#redacting(this.#servers.reload(this.serverNames));
  }

  lameDuck(): Promise<void> {
    return this.#redacting(this.#servers.lameDuck(this.serverNames));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#servers.stop();
  }

  /** A server quotes its config when it does not like it, secrets included. */
  async #redacting<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      const { code, message, detail, fix } = error;
      throw new SandboxError(code, this.redact(message), {
        ...(detail === undefined ? {} : { detail: this.redact(detail) }),
        ...(fix === undefined ? {} : { fix }),
        cause: new Error(this.redact(messageOf(error))),
      });
    }
  }
}
