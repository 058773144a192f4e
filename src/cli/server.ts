/** `nats-sandbox server`: find, fetch and list nats-server binaries. */
import { EXIT } from "../errors.ts";
import { DEFAULT_VERSION, fetchServer, findServer, listServers, type ServerBinary } from "../server/find.ts";
import { type GlobalOptions, result, resultJson, tell } from "./output.ts";
import { listenForSignals } from "./signals.ts";

export interface ServerOptions extends GlobalOptions {
  readonly server?: string;
  readonly offline?: boolean;
}

export async function serverPath(options: ServerOptions): Promise<number> {
  using signals = listenForSignals();
  const finding = findServer({
    onProgress: (line) => tell(line, options),
    signal: signals.signal,
    ...(options.server === undefined ? {} : { want: options.server }),
    ...(options.offline === undefined ? {} : { offline: options.offline }),
  });
  return show(await signals.settle(finding), options);
}

export async function serverFetch(version: string | undefined, options: GlobalOptions): Promise<number> {
  using signals = listenForSignals();
  const onProgress = (line: string) => tell(line, options);
  const fetching = fetchServer(version ?? DEFAULT_VERSION, { onProgress, signal: signals.signal });
  return show(await signals.settle(fetching), options);
}

export async function serverList(options: GlobalOptions): Promise<number> {
  const servers = await listServers({ onProgress: (line) => tell(line, options) });
  if (options.json === true) resultJson({ schema: 1, servers });
  else if (servers.length === 0) tell("none; `nats-sandbox server fetch` gets one", options);
  else
    result(servers.map(({ version, path, source }) => `${version.padEnd(10)}${path}  ${source}`).join("\n"));
  return EXIT.ok;
}

/** The path alone on stdout, for `$(…)`; what it is, on stderr. */
function show(found: ServerBinary, options: GlobalOptions): number {
  if (options.json === true) resultJson({ schema: 1, ...found });
  else {
    tell(`nats-server ${found.version}, from ${found.source}`, options);
    result(found.path);
  }
  return EXIT.ok;
}
