/** Brings one mode up: makes its secrets and certificates, places, renders and starts its servers. */

import type { Engine, Placement, Server, ServerFile, ServerSpec } from "./engines/engine.ts";
import { messageOf, SandboxError } from "./errors.ts";
import type {
  ClientSpec,
  Connection,
  KeyPair,
  KeyType,
  Listener,
  Login,
  LoginSpec,
  Mode,
  ServerRecipe,
} from "./model.ts";
import { renderConfig } from "./render.ts";
import { type Material, makeMaterial, resolveConnection, resolveLogin, resolveServer } from "./resolve.ts";
import { createRedactor, type Redactor } from "./secrets.ts";
import { can } from "./server/capabilities.ts";

export interface StartOptions {
  readonly engine: Engine;
  /** Names and addresses the certificates are good for, beside localhost, 127.0.0.1 and ::1. */
  readonly hosts?: readonly string[];
  readonly keyType?: KeyType;
  /** Open the monitoring port too. */
  readonly monitor?: boolean;
  readonly signal?: AbortSignal;
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
  /** A server by name; one that lives only while the mode is checked is started by the first call. */
  server(name: string): Promise<Server>;
  /** The config of a server as it is on disk, with its secrets. */
  config(name: string): string;
  connection(client?: string, but?: ClientSpec): Connection;
  login(spec: LoginSpec): Login | undefined;
  /** A certificate of the mode with its key, PEM. */
  pair(name: string): KeyPair;
  /** PEM of the mode's CA certificate; undefined for a mode without TLS. */
  readonly ca: string | undefined;
  /** The names its server certificates are good for beside localhost. */
  readonly hosts: readonly string[];
  /** Does a text hold, in clear, a secret that the server knows only by its hash? */
  holdsClearSecret(text: string): boolean;
}

/** @throws SandboxError `start-failed` with the server's own reason, redacted. */
export async function startMode(mode: Mode, options: StartOptions): Promise<RunningMode> {
  const material = await makeMaterial(mode, options);
  const running = new Running(mode, options, material);
  try {
    await Promise.all(running.serverNames.map((name) => running.server(name)));
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
  return running;
}

/** The config and the files of one server. A key that `version` lacks is not in it. */
function renderServer(
  mode: Mode,
  recipe: ServerRecipe,
  material: Material,
  placement: Placement,
  version: string,
) {
  const { values, users, files } = resolveServer(material, recipe, placement.root);
  const config = renderConfig(recipe.template, {
    title: `nats-sandbox ${mode.name}: ${mode.title}. Test keys only.`,
    host: placement.host,
    ports: placement.ports,
    can: (capability) => can(version, capability),
    params: values,
    users,
    jetstream: undefined,
  });
  return { config, files };
}

/** The configs that a mode's servers would get, with fresh secrets, by name. Starts nothing. */
export async function previewConfigs(
  mode: Mode,
  placementOf: (id: string) => Placement,
  version: string,
): Promise<ReadonlyMap<string, string>> {
  const material = await makeMaterial(mode, {});
  const handedOut = Object.entries(mode.servers).filter(([, recipe]) => recipe.during === undefined);
  return new Map(
    handedOut.map(([name, recipe]) => {
      const placement = placementOf(`${mode.name}/${name}`);
      return [name, renderServer(mode, recipe, material, placement, version).config];
    }),
  );
}

class Running implements RunningMode {
  readonly mode: Mode;
  readonly engine: Engine;
  readonly redact: Redactor;
  readonly listeners: readonly Listener[];
  readonly serverNames: readonly string[];
  readonly #options: StartOptions;
  readonly #material: Material;
  readonly #servers = new Map<string, Promise<Server>>();
  readonly #ready = new Map<string, Server>();
  readonly #configs = new Map<string, string>();

  constructor(mode: Mode, options: StartOptions, material: Material) {
    this.mode = mode;
    this.engine = options.engine;
    this.redact = createRedactor(material.secrets);
    this.serverNames = Object.keys(mode.servers).filter((name) => mode.servers[name]?.during === undefined);
    this.listeners = options.monitor === true ? ["client", "monitor"] : ["client"];
    this.#options = options;
    this.#material = material;
  }

  get ca(): string | undefined {
    return this.mode.certificates === undefined ? undefined : this.#material.trust("ca");
  }

  server(name: string): Promise<Server> {
    const known = this.#servers.get(name);
    if (known !== undefined) return known;
    const starting = this.#start(name);
    this.#servers.set(name, starting);
    return starting;
  }

  config(name: string): string {
    return this.#configs.get(name) ?? "";
  }

  connection(client = "app", but: ClientSpec = {}): Connection {
    return resolveConnection(this.mode, this.#material, client, but, (server) => this.#address(server));
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

  get hosts(): readonly string[] {
    return this.#options.hosts ?? [];
  }

  holdsClearSecret(text: string): boolean {
    const hashed = Object.values(this.#material.secrets).filter(({ hash }) => hash !== undefined);
    return hashed.some(({ password, token }) =>
      [password, token].some((clear) => clear !== undefined && text.includes(clear)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ends = [...this.#servers.values()].map(async (starting) => (await starting).stop());
    await Promise.allSettled(ends);
  }

  #address(name: string): { readonly host: string; readonly port: number } {
    const server = this.#ready.get(name);
    if (server === undefined)
      throw new SandboxError("bug", `the server ${name} of ${this.mode.name} is not up`);
    return server.address("client");
  }

  async #start(name: string): Promise<Server> {
    const recipe = this.mode.servers[name];
    if (recipe === undefined) throw new SandboxError("bug", `mode ${this.mode.name} has no server ${name}`);
    try {
      const server = await this.#place(name, recipe);
      this.#ready.set(name, server);
      return server;
    } catch (error) {
      throw this.#redacted(error);
    }
  }

  async #place(name: string, recipe: ServerRecipe): Promise<Server> {
    const id = `${this.mode.name}/${name}`;
    const placement = await this.engine.place(id, this.listeners);
    const { config, files } = renderServer(this.mode, recipe, this.#material, placement, this.engine.version);
    this.#configs.set(name, config);
    const spec: ServerSpec = {
      id,
      files: { ...files, "server.conf": secretFile(config) },
      listeners: this.listeners,
    };
    return this.engine.start(spec, placement, this.#options.signal ?? new AbortController().signal);
  }

  /** A server quotes its config when it does not like it, secrets included. */
  #redacted(error: unknown): unknown {
    if (!(error instanceof SandboxError)) return error;
    const { code, message, detail, fix } = error;
    return new SandboxError(code, this.redact(message), {
      ...(detail === undefined ? {} : { detail: this.redact(detail) }),
      ...(fix === undefined ? {} : { fix }),
      cause: new Error(this.redact(messageOf(error))),
    });
  }
}

function secretFile(text: string): ServerFile {
  return { text, secret: true };
}
