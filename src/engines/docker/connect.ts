/** Finds the Docker engine that answers; when none does, tells of everything that was tried. */
import { lookup } from "node:dns/promises";
import { existsSync } from "node:fs";
import { Agent } from "node:https";
import { isIP } from "node:net";
import type Docker from "dockerode";
import { codeOf, SandboxError } from "../../errors.ts";
import { findOnPath } from "../../server/programs.ts";
import { isLoopback } from "../listening.ts";
import { Client } from "./client.ts";
import type { Publishing } from "./container.ts";
import { type Endpoint, endpointsOf, undoOf } from "./endpoint.ts";
import { wordsOf } from "./failures.ts";
import { SshAgent, sshHostName } from "./ssh.ts";

export interface Connected {
  readonly docker: Docker;
  readonly endpoint: Endpoint;
  /** Version of the engine. */
  readonly version: string;
  /** `linux/amd64`: what its containers run on. */
  readonly platform: string;
  /** Where to publish on its machine, and how that is named from here. */
  readonly publish: Publishing;
}

/** Its types do not know of the signal. */
type AbortableVersion = (options: { readonly abortSignal: AbortSignal }) => Promise<Docker.DockerVersion>;

/** How long (ms) an engine may take to say that it is there; over ssh, a login is part of it. */
const TIMEOUT = 3_000;
const SSH_TIMEOUT = 15_000;
/** Around an IPv6 address in a URL. */
const BRACKETS = /^\[|\]$/g;
const LOOPBACK = "127.0.0.1";

/** @throws SandboxError `engine-unavailable`, with every place that was tried and why it failed */
export async function connectDocker(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Connected> {
  return connectFirst(endpointsOf(env), env, signal);
}

/** The first of these places that answers. */
export async function connectFirst(
  endpoints: readonly Endpoint[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Connected> {
  const failures: Failure[] = [];
  for (const endpoint of endpoints) {
    try {
      return await tryEndpoint(endpoint, env, signal);
    } catch (error) {
      signal?.throwIfAborted();
      failures.push({ endpoint, why: whyNot(error, endpoint), code: codeOf(error) });
    }
  }
  throw await unavailable(failures, env);
}

interface Failure {
  readonly endpoint: Endpoint;
  readonly why: string;
  readonly code: string | undefined;
}

async function tryEndpoint(
  endpoint: Endpoint,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Connected> {
  const docker = new Client(clientOptions(endpoint, env) as Docker.DockerOptions);
  const timeout = AbortSignal.timeout(timeoutOf(endpoint));
  const abortSignal = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const told = await (docker.version as AbortableVersion).call(docker, { abortSignal });
  if (!told.Version || !told.ApiVersion) throw new Error("what answers there is no Docker engine");
  return {
    docker,
    endpoint,
    version: told.Version,
    platform: `${told.Os}/${told.Arch}`,
    publish: await publishingOf(endpoint, env),
  };
}

function timeoutOf({ url }: Endpoint): number {
  return url.startsWith("ssh:") ? SSH_TIMEOUT : TIMEOUT;
}

function socketPathOf({ url }: Endpoint): string | undefined {
  return /^(?:unix|npipe):\/\/(.*)$/.exec(url)?.[1];
}

/** Every field is given: what is left out, the library would take from the environment. */
function clientOptions(endpoint: Endpoint, env: NodeJS.ProcessEnv) {
  const none = {
    socketPath: undefined,
    host: undefined,
    port: undefined,
    protocol: "http",
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    pathPrefix: "/",
    username: undefined,
    agent: undefined,
  };
  const socketPath = socketPathOf(endpoint);
  if (socketPath !== undefined) return { ...none, socketPath };
  if (endpoint.url.startsWith("ssh:"))
    return { ...none, host: "docker.invalid", agent: new SshAgent(endpoint.url, env) };
  const { hostname, port, pathname } = new URL(endpoint.url);
  const { tls } = endpoint;
  const at = { ...none, host: hostname.replace(BRACKETS, ""), pathPrefix: pathname || "/" };
  if (tls === undefined) return { ...at, port: port || "2375" };
  const { ca, cert, key, verify } = tls;
  const agent = verify ? undefined : new Agent({ rejectUnauthorized: false, ca, cert, key });
  return { ...at, port: port || "2376", protocol: "https", ca, cert, key, agent };
}

/** On the engine's own address when it is another machine: loopback there is out of reach, and all of it too much. */
async function publishingOf({ url }: Endpoint, env: NodeJS.ProcessEnv): Promise<Publishing> {
  if (!/^(tcp|ssh):/.test(url)) return { address: LOOPBACK, host: LOOPBACK };
  const host = url.startsWith("ssh:")
    ? await sshHostName(url, env)
    : new URL(url).hostname.replace(BRACKETS, "");
  const address = isIP(host) ? host : (await lookup(host, { verbatim: false })).address;
  return isLoopback(address) ? { address: LOOPBACK, host: LOOPBACK } : { address, host };
}

function whyNot(error: unknown, endpoint: Endpoint): string {
  switch (codeOf(error)) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "this user may not open it";
    case "ECONNREFUSED":
      return endpoint.url.startsWith("unix:") ? "nobody listens behind it" : "the connection was refused";
    case "ABORT_ERR":
      return `no answer in ${timeoutOf(endpoint) / 1000} s`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the name of the machine is unknown";
    case "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED":
      return "it wants a client's certificate: cert.pem and key.pem, in DOCKER_CERT_PATH or the context";
    default:
      return wordsOf(error);
  }
}

async function unavailable(failures: readonly Failure[], env: NodeJS.ProcessEnv): Promise<SandboxError> {
  const lines = failures.map(({ endpoint, why }) => `${endpoint.url} (${endpoint.source}): ${why}`);
  return new SandboxError("engine-unavailable", "no Docker engine answers", {
    detail: lines.join("\n"),
    fix: (await remedy(failures, env)) ?? "install Docker, or use --engine process, which needs none",
  });
}

/** Programs that start an engine, with the command for it. */
const STARTERS: readonly (readonly [program: string, command: string])[] = [
  ["colima", "colima start"],
  ["orb", "orb start"],
  ["rdctl", "rdctl start"],
  ["dockerd", "sudo systemctl start docker"],
  ["podman", "systemctl --user start podman.socket"],
];
const DESKTOP = "/Applications/Docker.app";

/** What starts the engine that is installed, or lets this user use the one that runs. */
async function remedy(failures: readonly Failure[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const forbidden = failures.find(({ code }) => code === "EACCES" || code === "EPERM");
  if (forbidden?.endpoint.url === "unix:///var/run/docker.sock")
    return "sudo usermod -aG docker $USER, and log in again; or use --engine process, which needs no engine";
  const undo = undoOf(env);
  if (undo !== undefined) return `see whether an engine runs there, or go back to the usual one: ${undo}`;
  if (existsSync(DESKTOP)) return "open -a Docker, and wait until it runs";
  const sbin = { ...env, PATH: `${env.PATH ?? ""}:/usr/sbin:/usr/local/sbin` };
  for (const [program, command] of STARTERS)
    if ((await findOnPath(program, sbin)).length > 0)
      return `${program === "dockerd" && !existsSync("/run/systemd/system") ? "sudo service docker start" : command} (${program} is installed)`;
  return undefined;
}
