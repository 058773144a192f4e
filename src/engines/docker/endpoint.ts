/** Where a Docker engine may be: what DOCKER_HOST or a context says, else the sockets that engines usually have. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { SandboxError } from "../../errors.ts";
import { configPath, dockerConfigDir, readDockerConfig, readIfThere, readJson } from "./docker-config.ts";

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
 * @throws SandboxError `engine-unavailable` for a context that does not exist, an address that is none, a file that cannot be read
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

/** The command after which the usual engine is used again; undefined where it is already. */
export function undoOf(env: NodeJS.ProcessEnv): string | undefined {
  if (env.DOCKER_HOST) return "unset DOCKER_HOST";
  if (env.DOCKER_CONTEXT) return "unset DOCKER_CONTEXT";
  return (currentContext(env) ?? "default") === "default" ? undefined : "docker context use default";
}

function homeOf(env: NodeJS.ProcessEnv): string {
  return env.HOME || homedir();
}

function fromHost(host: string, env: NodeJS.ProcessEnv): Endpoint {
  const source = "DOCKER_HOST";
  const url = checkedUrl(host.includes("://") ? host : `tcp://${host}`, source);
  const { DOCKER_TLS, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = env;
  if (!url.startsWith("tcp:") || !(DOCKER_TLS || DOCKER_TLS_VERIFY || DOCKER_CERT_PATH))
    return { source, url };
  const dir = DOCKER_CERT_PATH || dockerConfigDir(env);
  const tls = { ...pems(dir), verify: Boolean(DOCKER_TLS_VERIFY) };
  if (tls.verify && tls.ca === undefined)
    throw new SandboxError("engine-unavailable", "the Docker engine cannot be verified", {
      detail: `DOCKER_TLS_VERIFY asks for it, and there is no ${join(dir, "ca.pem")}`,
      fix: "set DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem",
    });
  return { source, url, tls };
}

/** A login may be in it for ssh alone, and without a password, which nobody could give to ssh. */
function checkedUrl(text: string, source: string): string {
  if (/^(unix|npipe):\/\/./.test(text)) return text;
  if (/^(tcp|ssh):\/\//.test(text) && URL.canParse(text)) {
    const { protocol, hostname, username, password, search, hash } = new URL(text);
    const plain = password === "" && search === "" && hash === "";
    if (plain && hostname !== "" && (username === "" || protocol === "ssh:")) return text;
  }
  const shown = JSON.stringify(text.replace(/\/\/[^@/]*@/, "//…@"));
  throw new SandboxError("engine-unavailable", `${shown} is not the address of a Docker engine`, {
    detail: `${source} says so`,
    fix: "it is written unix:///path/of/docker.sock, tcp://host:2376 or ssh://user@host",
  });
}

function pems(dir: string): Pick<EngineTls, "ca" | "cert" | "key"> {
  const read = (name: string) => readIfThere(join(dir, name));
  return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}

function currentContext(env: NodeJS.ProcessEnv): string | undefined {
  return readDockerConfig(env).currentContext || undefined;
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
  if (!docker?.Host)
    throw new SandboxError("engine-unavailable", `there is no Docker context ${JSON.stringify(name)}`, {
      detail: `${env.DOCKER_CONTEXT ? "DOCKER_CONTEXT" : configPath(env)} names it, and ${existsSync(path) ? `there is no engine in ${path}` : `there is no ${path}`}`,
      fix: `docker context ls shows which there are; ${undoOf(env)} goes back to the usual engine`,
    });
  const source = `the Docker context ${JSON.stringify(name)}`;
  const url = checkedUrl(docker.Host, source);
  const verify = docker.SkipTLSVerify !== true;
  const files = pems(join(store, "tls", id, "docker"));
  const secured = !verify || Object.values(files).some((pem) => pem !== undefined);
  return url.startsWith("tcp:") && secured ? { source, url, tls: { ...files, verify } } : { source, url };
}

function usualSockets(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): readonly Endpoint[] {
  if (platform === "win32") return [{ source: "Docker", url: "npipe:////./pipe/docker_engine" }];
  const home = homeOf(env);
  const runtime =
    env.XDG_RUNTIME_DIR || (platform === "linux" ? `/run/user/${process.getuid?.()}` : undefined);
  const colima = env.COLIMA_HOME || (env.XDG_CONFIG_HOME && join(env.XDG_CONFIG_HOME, "colima"));
  const sockets: readonly (readonly [string, string | undefined])[] = [
    ["Docker", "/var/run/docker.sock"],
    ["rootless Docker", runtime && join(runtime, "docker.sock")],
    ["Docker Desktop", join(home, ".docker/run/docker.sock")],
    ["Docker Desktop", join(home, ".docker/desktop/docker.sock")],
    ["Colima", colima && join(colima, "default/docker.sock")],
    ["Colima", join(home, ".colima/default/docker.sock")],
    ["OrbStack", join(home, ".orbstack/run/docker.sock")],
    ["Rancher Desktop", join(home, ".rd/docker.sock")],
    ["rootless Podman", runtime && join(runtime, "podman/podman.sock")],
    ["Podman", "/run/podman/podman.sock"],
    ["Podman machine", env.TMPDIR && join(env.TMPDIR, "podman/podman-machine-default-api.sock")],
    ["Podman machine", join(home, ".local/share/containers/podman/machine/podman.sock")],
  ];
  return sockets.flatMap(([source, path]) => (path ? [{ source, url: `unix://${path}` }] : []));
}
