/**
 * A Docker engine behind ssh, reached as the `docker` command does: by the system's own ssh, with its configuration, keys and
 * known hosts, which runs `docker system dial-stdio` on the other machine. One ssh a connection.
 */
import { spawn } from "node:child_process";
import { Agent, type ClientRequest } from "node:http";
import type { Duplex } from "node:stream";
import { SandboxError } from "../../errors.ts";
import { findOnPath, run } from "../../server/programs.ts";
import { Tunnel } from "./tunnel.ts";

const CONFIG_TIMEOUT = 3_000;
/** How many may log in at the same time: sshd turns away at random what comes beyond ten (MaxStartups). */
const LOGINS = 4;
/** How long (ms) a connection that nobody uses is kept. */
const IDLE = 5_000;
/** How long (ms) a login keeps others waiting that does not get anywhere. */
const LOGIN_PATIENCE = 5_000;

interface Target {
  readonly user: string | undefined;
  readonly host: string;
  readonly port: string | undefined;
  /** Of the engine's socket there; else whatever `docker` there takes. */
  readonly socket: string | undefined;
}

function targetOf(url: string): Target {
  const { username, hostname, port, pathname } = new URL(url);
  return {
    user: decodeURIComponent(username) || undefined,
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port || undefined,
    socket: pathname === "" || pathname === "/" ? undefined : decodeURIComponent(pathname),
  };
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

/** For the shell of the other machine, which ssh gives its words to. */
function commandFor({ socket }: Target): readonly string[] {
  const at = socket === undefined ? [] : ["--host", `'unix://${socket.replaceAll("'", `'\\''`)}'`];
  return ["docker", ...at, "system", "dial-stdio"];
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

/** Never asks for anything: there may be no terminal, and there are many connections. */
const OPTIONS = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"];

/** Connections for an HTTP client. Those that are idle keep no process alive, and end soon. */
export class SshAgent extends Agent {
  readonly #target: Target;
  readonly #env: NodeJS.ProcessEnv;
  readonly #idle = new WeakMap<Duplex, NodeJS.Timeout>();
  readonly #waiting: (() => void)[] = [];
  #logins = 0;

  constructor(url: string, env: NodeJS.ProcessEnv) {
    super({ keepAlive: true });
    this.#target = targetOf(url);
    this.#env = env;
  }

  override createConnection(
    _options: unknown,
    ready: (error: Error | null, stream?: Duplex) => void,
  ): undefined {
    this.#dial().then(
      (stream) => ready(null, stream),
      (error: Error) => ready(error),
    );
  }

  override keepSocketAlive(stream: Duplex): boolean {
    super.keepSocketAlive(stream);
    this.#idle.set(stream, setTimeout(() => stream.destroy(), IDLE).unref());
    return true;
  }

  override reuseSocket(stream: Duplex, request: ClientRequest): void {
    clearTimeout(this.#idle.get(stream));
    super.reuseSocket(stream, request);
  }

  async #dial(): Promise<Tunnel> {
    const ssh = await findSsh(this.#env);
    if (this.#logins >= LOGINS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#logins += 1;
    const args = [...OPTIONS, ...argumentsFor(this.#target), ...commandFor(this.#target)];
    // A session of its own: a Ctrl-C on the terminal is for us, who still have things to end over this connection.
    const child = spawn(ssh, args, { env: this.#env, stdio: "pipe", detached: true });
    const tunnel = new Tunnel(child, `ssh to ${this.#target.host}`);
    const timer = setTimeout(() => next(), LOGIN_PATIENCE).unref();
    const next = once(() => {
      clearTimeout(timer);
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#logins -= 1;
      else waiting();
    });
    void tunnel.answered.then(next);
    return tunnel;
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
