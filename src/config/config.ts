/** What nats-sandbox.yaml comes to: settings, and every mode there is, own ones among them. */
import type { EngineName, JetStreamLimits, KeyType, Mode } from "../model.ts";

/** How servers run in containers. */
export interface DockerSettings {
  readonly image?: string;
  readonly pull?: "missing" | "always" | "never";
  readonly network?: string;
  readonly alias?: string;
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
  /** Built-in ones first, then own ones; each with the ports that the file gives it. */
  readonly modes: readonly Mode[];
  /** Names, groups or `all`: what is started when nothing is named. */
  readonly selected: readonly string[];
}

/** Rules of the parts above, which this one does not know. They throw a SandboxError. */
export interface Rules {
  readonly host?: (host: string) => void;
}

/** What to start where nobody says. */
export const DEFAULT_SELECTION: readonly string[] = ["core"];
