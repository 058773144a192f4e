/** Flags of the command line and nats-sandbox.yaml as one: a flag that was given wins over the file, the file over defaults. */
import { dirname, relative, resolve } from "node:path";
import type { Config, DockerSettings } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { EngineName, JetStreamLimits, KeyType, Mode } from "../model.ts";
import { MODES } from "../modes/all.gen.ts";
import { hostNames } from "../pki/hosts.ts";
import { wantedReport } from "../report/formats.ts";

/** Options of a command that reads the file; see `withGiven`. */
export interface ConfiguredOptions {
  readonly config?: string;
  /** Names of the options that stand on the command line. */
  readonly given: readonly string[];
}

/** What both may say, under the names of the flags. */
interface Shared extends DockerSettings {
  readonly name?: string;
  readonly engine?: "auto" | EngineName;
  readonly server?: string;
  readonly host?: readonly string[];
  readonly keyType?: KeyType;
  readonly monitor?: boolean;
  readonly jetstream?: boolean | JetStreamLimits;
  readonly report?: readonly string[];
}

export interface Settings<Options> {
  readonly options: Options;
  /** What to start: as named; where nobody names anything, as the file says; where it does not either, core. */
  readonly names: readonly string[];
  /** Every mode there is, own ones among them. */
  readonly modes: readonly Mode[];
  /** The file that was read, from the working directory. */
  readonly file?: string;
}

/** @throws SandboxError `invalid-config` for a file that is wrong */
export async function settle<Options extends ConfiguredOptions>(
  names: readonly string[],
  flags: Options,
): Promise<Settings<Options>> {
  const config = await loadConfig(flags.config, process.cwd(), process.env, MODES, {
    host: (host) => hostNames([host]),
    report: (text) => wantedReport(text),
  });
  return {
    options: { ...flags, ...fromFile(config, flags) },
    names: names.length === 0 ? config.selected : names,
    modes: config.modes,
    ...(config.file === undefined ? {} : { file: relative(process.cwd(), config.file) }),
  };
}

/** What it says of containers is nothing to somebody who asks for processes. */
function fromFile(config: Config, flags: ConfiguredOptions & { readonly engine?: string }): Shared {
  const { given } = flags;
  const { name, engine, server, hosts: host, keyType, monitor, jetstream } = config;
  const { reports, file = "" } = config;
  const docker = given.includes("engine") && flags.engine === "process" ? {} : config.docker;
  const all: Shared = {
    ...(name === undefined ? {} : { name }),
    ...(engine === undefined ? {} : { engine }),
    ...(server === undefined ? {} : { server }),
    ...docker,
    ...(host === undefined ? {} : { host }),
    ...(keyType === undefined ? {} : { keyType }),
    ...(monitor === undefined ? {} : { monitor }),
    ...(jetstream === undefined ? {} : { jetstream }),
    ...(reports === undefined ? {} : { report: reports.map((text) => anchored(text, dirname(file))) }),
  };
  return Object.fromEntries(Object.entries(all).filter(([option]) => !given.includes(option)));
}

/** A path in a file is meant from the folder of that file. */
function anchored(text: string, dir: string): string {
  const { format, file } = wantedReport(text);
  return `${format}=${resolve(dir, file)}`;
}

/** Ports are fixed for those who connect from outside; what is started only to be checked goes without, beside any other. */
export function withoutFixedPorts(mode: Mode): Mode {
  const servers = Object.entries(mode.servers).map(
    ([name, { ports: _, ...recipe }]) => [name, recipe] as const,
  );
  return { ...mode, servers: Object.fromEntries(servers) };
}
