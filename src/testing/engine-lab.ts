/** What the contract of an engine needs of each engine: where to make one, what it left, and deaths that it did not ask for. */
import type { Engine, Placement, Server, ServerFile } from "../engines/engine.ts";
import { SandboxError } from "../errors.ts";
import type { Connection, Listener, Login } from "../model.ts";
import { WireSession } from "../wire/session.ts";

export interface EngineLab extends AsyncDisposable {
  /** An engine over a folder, or whatever it has in place of one, of its own. */
  engine(): Promise<Engine>;
  /** Closes the engines that it made. */
  close(): Promise<void>;
  /**
   * What is there of all that its engines and owners started, in words; waits for what is on its way out. What an engine
   * needs for itself is left only when it has been closed.
   */
  leftovers(): Promise<readonly string[]>;
  /** Ends a server behind the back of its engine. */
  kill(server: Server): Promise<void>;
  /** Permissions of a server's files, such as `600`, by name. */
  fileModes(server: Server): Promise<Readonly<Record<string, string>>>;
  /** A process of its own that owns an open server, and ends by SIGKILL: once it is up, or somewhere on its way there. */
  killedOwner(when: "up" | "starting"): Promise<void>;
}

/** What a server of a test is started with. */
export interface Asked {
  readonly id?: string;
  /** The config after its first lines, host and ports; may name files by their place. Default: open. */
  readonly config?: (at: Placement) => string;
  readonly files?: Readonly<Record<string, string>>;
  readonly listeners?: readonly Listener[];
  readonly ports?: Readonly<Partial<Record<Listener, number>>>;
  readonly signal?: AbortSignal;
}

export interface Started {
  readonly server: Server;
  /** Files as `reload` takes them, for a config after its first lines. */
  files(config: string, more?: Asked["files"]): Readonly<Record<string, ServerFile>>;
  readonly at: Placement;
}

/** One test's lab, an engine in it, and the servers to stop at its end. */
export interface Bench {
  readonly lab: EngineLab;
  readonly engine: Engine;
  start(asked?: Asked, engine?: Engine): Promise<Started>;
}

export async function startOn(engine: Engine, asked: Asked = {}): Promise<Started> {
  const { id = "mode/server", listeners = ["client"], ports, signal = new AbortController().signal } = asked;
  const at = await engine.place(id, listeners, ports);
  const files: Started["files"] = (config, more = {}) => ({
    "server.conf": { text: `${firstLines(at)}${config}\n`, secret: true },
    ...Object.fromEntries(
      Object.entries(more).map(([name, text]) => [name, { text, secret: name.includes("key") }]),
    ),
  });
  const spec = { id, files: files(asked.config?.(at) ?? "", asked.files), listeners };
  return { server: await engine.start(spec, at, signal), files, at };
}

function firstLines({ host, ports }: Placement): string {
  const monitor = ports.monitor === undefined ? "" : `http: "${host}:${ports.monitor}"\n`;
  return `host: "${host}"\nport: ${ports.client}\n${monitor}debug: true\n`;
}

/** What no version can parse, and each says so. */
export const UNREADABLE = "authorization { users: [ }";

interface Dialled {
  readonly login?: Login;
  readonly tls?: Connection["tls"];
}

/** Dials and gets in; throws what the client would be told. The caller closes it. */
export async function dial(server: Server, { login, tls }: Dialled = {}): Promise<WireSession> {
  const { host, port } = server.address("client");
  const session = new WireSession(
    {
      url: `${tls === undefined ? "nats" : "tls"}://${host}:${port}`,
      transport: "nats",
      ...(login === undefined ? {} : { login }),
      ...(tls === undefined ? {} : { tls }),
    },
    { deadline: performance.now() + 10_000 },
  );
  try {
    await session.open();
    await session.connect();
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

/** Whether a client gets in; one that cannot reach the server is neither in nor turned away, and fails the test. */
export async function getsIn(server: Server, dialled: Dialled = {}): Promise<boolean> {
  try {
    (await dial(server, dialled)).close();
    return true;
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === "ECONNREFUSED" || code === "DEADLINE") throw error;
    return false;
  }
}

/** The number under which the server's log tells of a connection that came and went. */
export async function comeAndGo(server: Server): Promise<number> {
  const session = await dial(server);
  session.close();
  return session.trace.clientId ?? -1;
}

/** Why a start, or whatever else, failed. */
export async function failureOf(work: Promise<unknown>): Promise<SandboxError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SandboxError)) throw new Error(`expected a SandboxError, got ${error}`);
  return error;
}
