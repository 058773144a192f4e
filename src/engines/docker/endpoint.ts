/** Where a Docker engine may be: what DOCKER_HOST or a context says, else the sockets that engines usually have. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { messageOf, SandboxError } from "../../errors.ts";

/** A place at which to look for an engine. */
export interface Endpoint {
  /** Who or what names it: `DOCKER_HOST`, `the Docker context "x"`, `Docker`, `Podman`. */
  readonly source: string;
  /** As DOCKER_HOST would have it. */
  readonly url: string;
  readonly tls?: EngineTls | undefined;
}

/** PEM texts for a `tcp` endpoint with TLS. */
export interface EngineTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** False: any certificate will do, as the user has said. */
  readonly verify: boolean;
}

/**
 * One endpoint where the user has said which, as with the `docker` command: DOCKER_HOST, then DOCKER_CONTEXT, then the
 * current context. Else every usual socket, in order.
 * @throws SandboxError `engine-unavailable` for a context that does not exist or an address that is none
 */
export function endpointsOf(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): readonly Endpoint[] {
  if (env.DOCKER_HOST) return [fromHost(env.DOCKER_HOST, env)];
  const context = env.DOCKER_CONTEXT || currentContext(env);
  if (context !== undefined && context !== "default") return [fromContext(context, env)];
  return usualSockets(env, platform);
}

/** `~/.docker`, or where DOCKER_CONFIG says. */
export function dockerConfigDir(env: NodeJS.ProcessEnv): string {
  return env.DOCKER_CONFIG || join(homeOf(env), ".docker");
}

function homeOf(env: NodeJS.ProcessEnv): string {
  return env.HOME || homedir();
}

function fromHost(host: string, env: NodeJS.ProcessEnv): Endpoint {
  const url = host.includes("://") ? host : `tcp://${host}`;
  checkUrl(url, "DOCKER_HOST");
  const dir = env.DOCKER_CERT_PATH || (env.DOCKER_TLS_VERIFY ? dockerConfigDir(env) : undefined);
  if (!url.startsWith("tcp:") || dir === undefined) return { source: "DOCKER_HOST", url };
  const verify = Boolean(env.DOCKER_TLS_VERIFY);
  return { source: "DOCKER_HOST", url, tls: { ...pems(dir), verify } };
}

function checkUrl(url: string, source: string): void {
  if (/^(unix|npipe):\/\/.|^(tcp|ssh):\/\/[^/]/.test(url)) return;
  throw new SandboxError(
    "engine-unavailable",
    `${JSON.stringify(url)} is not the address of a Docker engine`,
    {
      detail: `${source} says so`,
      fix: "it is written unix:///path/of/docker.sock, tcp://host:2376 or ssh://user@host",
    },
  );
}

function pems(dir: string): Pick<EngineTls, "ca" | "cert" | "key"> {
  const read = (name: string) =>
    existsSync(join(dir, name)) ? readFileSync(join(dir, name), "utf8") : undefined;
  return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}

function currentContext(env: NodeJS.ProcessEnv): string | undefined {
  const path = join(dockerConfigDir(env), "config.json");
  const { currentContext: name } = readJson<{ readonly currentContext?: string }>(path) ?? {};
  return name || undefined;
}

interface ContextMeta {
  readonly Endpoints?: {
    readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean };
  };
}

/** https://github.com/docker/cli cli/context/store: folders are named after the digest of the context's name. */
function fromContext(name: string, env: NodeJS.ProcessEnv): Endpoint {
  const id = createHash("sha256").update(name).digest("hex");
  const store = join(dockerConfigDir(env), "contexts");
  const path = join(store, "meta", id, "meta.json");
  const docker = readJson<ContextMeta>(path)?.Endpoints?.docker;
  if (docker?.Host === undefined)
    throw new SandboxError("engine-unavailable", `there is no Docker context ${JSON.stringify(name)}`, {
      detail: `${env.DOCKER_CONTEXT ? "DOCKER_CONTEXT" : join(dockerConfigDir(env), "config.json")} names it, and there is no ${path}`,
      fix: "docker context ls shows which there are; docker context use default goes back to the usual one",
    });
  const source = `the Docker context ${JSON.stringify(name)}`;
  checkUrl(docker.Host, source);
  const dir = join(store, "tls", id, "docker");
  const tls = existsSync(dir) ? { ...pems(dir), verify: docker.SkipTLSVerify !== true } : undefined;
  return { source, url: docker.Host, tls };
}

function readJson<Shape>(path: string): Shape | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Shape;
  } catch (error) {
    throw new SandboxError("engine-unavailable", `${path} cannot be read`, {
      detail: messageOf(error),
      fix: "mend it, or set DOCKER_HOST, which goes before it",
    });
  }
}

function usualSockets(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): readonly Endpoint[] {
  if (platform === "win32") return [{ source: "Docker", url: "npipe:////./pipe/docker_engine" }];
  const home = homeOf(env);
  const runtime = env.XDG_RUNTIME_DIR;
  const sockets: readonly (readonly [string, string | undefined])[] = [
    ["Docker", "/var/run/docker.sock"],
    ["rootless Docker", runtime && join(runtime, "docker.sock")],
    ["Docker Desktop", join(home, ".docker/run/docker.sock")],
    ["Docker Desktop", join(home, ".docker/desktop/docker.sock")],
    ["Colima", join(env.COLIMA_HOME || join(home, ".colima"), "default/docker.sock")],
    ["OrbStack", join(home, ".orbstack/run/docker.sock")],
    ["Rancher Desktop", join(home, ".rd/docker.sock")],
    ["rootless Podman", runtime && join(runtime, "podman/podman.sock")],
    ["Podman", "/run/podman/podman.sock"],
    ["Podman machine", join(home, ".local/share/containers/podman/machine/podman.sock")],
  ];
  return sockets.flatMap(([source, path]) => (path ? [{ source, url: `unix://${path}` }] : []));
}
