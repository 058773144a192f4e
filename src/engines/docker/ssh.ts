/**
 * A Docker engine behind ssh, reached as the `docker` command does: by the system's own ssh, with its configuration, keys and
 * known hosts, which runs `docker system dial-stdio` on the other machine. One ssh a connection.
 */
import { spawn } from "node:child_process";
import { Agent, type AgentOptions } from "node:http";
import { Duplex } from "node:stream";
import { SandboxError } from "../../errors.ts";
import { findOnPath, run } from "../../server/programs.ts";

/** Of what ssh says, for an error. */
const MOST_WORDS = 500;
const CONFIG_TIMEOUT = 3_000;

interface Target {
  readonly user: string | undefined;
  readonly host: string;
  readonly port: string | undefined;
}

function targetOf(url: string): Target {
  const { username, hostname, port } = new URL(url.replace(/^ssh:/, "http:"));
  return { user: decodeURIComponent(username) || undefined, host: hostname, port: port || undefined };
}

/** Options, then the host; `--` keeps a host from being taken for an option. */
function argumentsFor({ user, host, port }: Target): readonly string[] {
  return [
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", port]),
    "--",
    host,
  ];
}

async function findSsh(env: NodeJS.ProcessEnv): Promise<string> {
  const [ssh] = await findOnPath("ssh", env);
  if (ssh !== undefined) return ssh;
  throw new SandboxError("engine-unavailable", "there is no ssh on PATH to reach the Docker engine with", {
    fix: "install OpenSSH's client",
  });
}

/** The name or address of the other machine, after what ssh_config makes of it. */
export async function sshHostName(url: string, env: NodeJS.ProcessEnv): Promise<string> {
  const target = targetOf(url);
  const ssh = await findSsh(env);
  const { stdout } = await run(ssh, ["-G", ...argumentsFor(target)], { env, deadline: CONFIG_TIMEOUT });
  return /^hostname (.+)$/m.exec(stdout)?.[1] ?? target.host;
}

/** Connections for an HTTP client. */
export class SshAgent extends Agent {
  readonly #url: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(url: string, env: NodeJS.ProcessEnv) {
    super({ keepAlive: true } satisfies AgentOptions);
    this.#url = url;
    this.#env = env;
  }

  override createConnection(
    _options: unknown,
    ready: (error: Error | null, stream?: Duplex) => void,
  ): undefined {
    findSsh(this.#env).then(
      (ssh) => ready(null, dial(ssh, targetOf(this.#url), this.#env)),
      (error: Error) => ready(error),
    );
  }
}

/** Never asks for anything: there may be no terminal, and there are many connections. */
const OPTIONS = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"];

function dial(ssh: string, target: Target, env: NodeJS.ProcessEnv): Duplex {
  const args = [...OPTIONS, ...argumentsFor(target), "docker", "system", "dial-stdio"];
  // A group of its own: a Ctrl-C on the terminal is for us, who still have things to end over this connection.
  const child = spawn(ssh, args, { env, stdio: ["pipe", "pipe", "pipe"], detached: true });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-MOST_WORDS);
  });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin }) as Duplex & {
    setNoDelay?: () => void;
    setKeepAlive?: () => void;
    setTimeout?: () => void;
    ref?: () => void;
    unref?: () => void;
  };
  // What an HTTP client does to a socket, and a pipe has no use for.
  for (const name of ["setNoDelay", "setKeepAlive", "setTimeout", "ref", "unref"] as const)
    stream[name] = () => {};
  child.once("error", (error) => stream.destroy(error));
  child.once("exit", (status) => {
    if (status !== 0 && !stream.destroyed)
      stream.destroy(new Error(`ssh to ${target.host} ended with ${status}: ${words.trim() || "no word"}`));
  });
  stream.once("close", () => child.kill());
  return stream;
}
