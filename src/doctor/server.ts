/** Which nats-server would run, which are here, and what could fetch one. Fetches nothing. */
import { findNatscli } from "../dial/natscli.ts";
import { SandboxError } from "../errors.ts";
import { cacheDirectory } from "../server/cache.ts";
import { DEFAULT_VERSION, findServer, listServers, type ServerBinary } from "../server/find.ts";
import { findOnPath } from "../server/programs.ts";
import { isNoexec, isWritable, nearest, readMounts, sharedMode, word } from "./folders.ts";
import { type Item, ok, problem, warning } from "./item.ts";

export async function examineServer(env: NodeJS.ProcessEnv): Promise<readonly Item[]> {
  const told: string[] = [];
  const [found, all] = await Promise.all([
    findServer({ env, offline: true, onProgress: (line) => told.push(line) }).catch((error: unknown) => {
      if (error instanceof SandboxError) return error;
      throw error;
    }),
    listServers({ env }),
  ]);
  const instead = told.find((line) => line.startsWith("using ") && line.includes(" in place of "));
  return [
    found instanceof SandboxError ? notFound(found) : wouldRun(found, instead),
    ...told
      .filter((line) => line !== instead)
      .map((line, index) => warning(`passed-over-${index + 1}`, line, "delete or replace that file")),
    cacheItem(env, all, found instanceof SandboxError),
    await fetcherItem(env),
    natscliItem(env),
  ];
}

/** `instead`: said when the cache has other versions alone. */
function wouldRun({ version, source, path }: ServerBinary, instead: string | undefined): Item {
  if (instead !== undefined)
    return warning(
      "server",
      `up fetches nats-server ${DEFAULT_VERSION}; offline: ${instead}`,
      "nats-sandbox server fetch",
    );
  return ok("server", `nats-server ${version} would run, from ${source}: ${path}`);
}

function notFound({ code, message, detail }: SandboxError): Item {
  if (code === "server-not-found")
    return warning("server", "no nats-server is here; the first up fetches one", "nats-sandbox server fetch");
  return problem(
    "server",
    `NATS_SANDBOX_SERVER is of no use: ${message}${detail === undefined ? "" : ` (${detail})`}`,
    "unset NATS_SANDBOX_SERVER",
  );
}

function cacheItem(env: NodeJS.ProcessEnv, servers: readonly ServerBinary[], needed: boolean): Item {
  const dir = cacheDirectory(env);
  const at = nearest(dir);
  const bad = needed ? problem : warning;
  if (!isWritable(at))
    return bad(
      "cache",
      `the cache ${dir} cannot be written`,
      `chmod u+rwx ${word(at)} (or set NATS_SANDBOX_CACHE)`,
    );
  if (isNoexec(at, readMounts()))
    return bad(
      "cache",
      `no program may run from the cache ${dir} (noexec)`,
      "set NATS_SANDBOX_CACHE elsewhere",
    );
  const shared = at === dir ? sharedMode(dir, 0o022) : undefined;
  if (shared !== undefined)
    return warning(
      "cache",
      `others may write into the cache ${dir} (mode ${shared})`,
      `chmod 700 ${word(dir)}`,
    );
  const versions = servers.filter(({ path }) => path.startsWith(dir)).map(({ version }) => version);
  const holds = versions.length === 0 ? "is empty" : `has nats-server ${versions.join(", ")}`;
  return ok("cache", `the cache ${dir} ${holds}`);
}

async function fetcherItem(env: NodeJS.ProcessEnv): Promise<Item> {
  const names = ["pip", "pip3", "apt-get", "go"];
  const found = await Promise.all(names.map(async (name) => (await findOnPath(name, env)).length > 0));
  const here = names.filter((_, index) => found[index]);
  return ok(
    "fetch",
    `what could fetch nats-server ${DEFAULT_VERSION}: ${["its official release", ...here].join(", ")}`,
  );
}

function natscliItem(env: NodeJS.ProcessEnv): Item {
  const path = findNatscli(env.PATH ?? "");
  return ok(
    "natscli",
    path === undefined ? "no nats CLI is here: its checks are skipped" : `the nats CLI is here: ${path}`,
  );
}
