/** `nats-sandbox config`: the server config of a mode, as it is or as it would be. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT } from "../errors.ts";
import type { Mode } from "../model.ts";
import { previewConfigs } from "../running/configure.ts";
import { selectMode } from "../select.ts";
import { findServer } from "../server/find.ts";
import { stateHome } from "../state/home.ts";
import { checkName } from "../state/state.ts";
import { type GlobalOptions, result, resultJson, tell } from "./output.ts";
import { type ConfiguredOptions, settle } from "./settings.ts";

export interface ConfigOptions extends GlobalOptions, ConfiguredOptions {
  readonly name: string;
  readonly server?: string;
  readonly reveal?: boolean;
}

export async function config(name: string, flags: ConfigOptions): Promise<number> {
  const { options, modes } = await settle([], flags);
  const mode = selectMode(name, modes);
  checkName(options.name);
  const dir = join(stateHome(process.env, process.cwd()), options.name);
  const configs = configsOnDisk(mode, dir) ?? (await preview(mode, dir, options));
  const shown = [...configs].map(([server, text]) => ({
    server,
    config: options.reveal === true ? text : mask(text),
  }));
  if (options.json === true) resultJson({ schema: 1, mode: mode.name, servers: shown });
  else result(shown.map((one) => one.config.trimEnd()).join("\n\n"));
  return EXIT.ok;
}

/** What the running sandbox of that name wrote; undefined when the mode is not up. */
function configsOnDisk(mode: Mode, dir: string): ReadonlyMap<string, string> | undefined {
  const handedOut = Object.entries(mode.servers).filter(([, recipe]) => recipe.during === undefined);
  const files = handedOut.map(([server]) => [server, join(dir, mode.name, server, "server.conf")] as const);
  if (!files.every(([, path]) => existsSync(path))) return undefined;
  return new Map(files.map(([server, path]) => [server, readFileSync(path, "utf8")]));
}

async function preview(
  mode: Mode,
  dir: string,
  options: ConfigOptions,
): Promise<ReadonlyMap<string, string>> {
  const { version } = await findServer({
    onProgress: (line) => tell(line, options),
    ...(options.server === undefined ? {} : { want: options.server }),
  });
  tell(`${mode.name} is not up: this is the config it would get from nats-server ${version}`, options);
  const placement = (id: string) => ({ root: join(dir, id), host: "127.0.0.1", ports: { client: -1 } });
  return previewConfigs(mode, placement, version);
}

/** Masks the value of every line that holds a secret. */
function mask(text: string): string {
  return text.replace(/^(\s*(?:password|token): )".*"(?=\s+#|\s*$)/gm, '$1"[secret]"');
}
