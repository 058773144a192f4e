/** What nats-sandbox.yaml comes to: settings, and every mode there is, own ones among them. */
import type { EngineName, JetStreamLimits, KeyType, Mode } from "../model.ts";

/** `missing`: only what the engine does not have; `always`: see whether there is a newer one; `never`: use what is there. */
export type PullPolicy = "missing" | "always" | "never";

/** How servers run in containers. */
export interface DockerSettings {
  /** An image whose entry point is a nats-server. Default: the official one. */
  readonly image?: string;
  readonly pull?: PullPolicy;
  /** A network of the engine that the servers join, beside the usual one. */
  readonly network?: string;
  /** The server's name in that network, of the one mode that is started. Default: `nats-<mode>`. */
  readonly alias?: string;
  /** Publish to the containers of the engine too, as `host.docker.internal`. */
  readonly containers?: boolean;
}

/** A setting that the file does not have is absent. */
export interface Config {
  /** Absolute path of the file; absent when there is none. */
  readonly file?: string;
  readonly name?: string;
  readonly engine?: "auto" | EngineName;
  /** A version, or an absolute path. */
  readonly server?: string;
  readonly docker?: DockerSettings;
  readonly hosts?: readonly string[];
  readonly keyType?: KeyType;
  readonly monitor?: boolean;
  /** `true`: within limits that are left to whoever starts the servers. */
  readonly jetstream?: boolean | JetStreamLimits;
  /** What `check` writes: `html`, `junit=FILE`. */
  readonly reports?: readonly string[];
  /** Built-in ones first, then own ones; each with the ports that the file gives it. */
  readonly modes: readonly Mode[];
  /** Names, groups or `all`: what is started when nothing is named. */
  readonly selected: readonly string[];
}

/** Rules of the parts above, which this one does not know. They throw a SandboxError. */
export interface Rules {
  readonly host?: (host: string) => void;
  readonly report?: (text: string) => void;
}

/** What to start where nobody says. */
export const DEFAULT_SELECTION: readonly string[] = ["core"];
