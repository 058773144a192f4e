/** What tests in other processes need of a mode that is up: plain data, that vitest can hand over. */
import { type NatsOptions, natsOptions } from "../dial/nats-js-options.ts";
import type { ClientFiles, Environment } from "../env.ts";
import { SandboxError } from "../errors.ts";
import type { Connection } from "../model.ts";

/** Under this name vitest provides it. */
export const SHARED = "nats-sandbox";

/** One client of one mode. */
export interface SharedClient {
  readonly mode: string;
  /** Other names of the mode. */
  readonly aliases: readonly string[];
  readonly client: string;
  readonly connection: Connection;
  readonly files: ClientFiles;
  readonly environment: Environment;
}

declare module "vitest" {
  interface ProvidedContext {
    "nats-sandbox": readonly SharedClient[];
  }
}

/** A mode that another process has started: what there is to connect with it. */
export interface SharedMode {
  readonly url: string;
  /** @throws SandboxError `unknown-client` */
  connection(client?: string): Connection;
  /** For `connect` of nats.js. */
  connectionOptions(client?: string): NatsOptions;
  environment(client?: string): Environment;
  /** Absolute paths of the client's PEM files. */
  files(client?: string): ClientFiles;
}

export class SharedClients implements SharedMode {
  readonly #mode: string;
  readonly #clients: readonly SharedClient[];

  /** @throws SandboxError `not-up` */
  constructor(mode: string, all: readonly SharedClient[]) {
    this.#mode = mode;
    this.#clients = all.filter((one) => one.mode === mode || one.aliases.includes(mode));
    if (this.#clients.length > 0) return;
    const modes = [...new Set(all.map((one) => one.mode))];
    throw new SandboxError("not-up", `no mode ${JSON.stringify(mode)} was started for this run of vitest`, {
      ...(modes.length === 0 ? {} : { detail: `there are: ${modes.join(", ")}` }),
      fix: `export default natsSetup([${JSON.stringify(mode)}]) from a file that globalSetup of the vitest config names`,
    });
  }

  get url(): string {
    return this.connection().url;
  }

  connection(client = "app"): Connection {
    return this.#client(client).connection;
  }

  connectionOptions(client = "app"): NatsOptions {
    return natsOptions(this.connection(client));
  }

  environment(client = "app"): Environment {
    return this.#client(client).environment;
  }

  files(client = "app"): ClientFiles {
    return this.#client(client).files;
  }

  #client(client: string): SharedClient {
    const found = this.#clients.find((one) => one.client === client);
    if (found !== undefined) return found;
    throw new SandboxError("unknown-client", `${this.#mode} has no client ${JSON.stringify(client)}`, {
      detail: `it has: ${this.#clients.map((one) => one.client).join(", ")}`,
      fix: "name one of these",
    });
  }
}
