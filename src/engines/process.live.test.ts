/** The contract of an engine, kept by the process engine: with a real nats-server, and with stand-ins that misbehave. */
import { readFileSync, statSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SandboxError } from "../errors.ts";
import type { Listener } from "../model.ts";
import { eventually } from "../testing/cli-program.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { readInfo, WireSession } from "../wire/session.ts";
import type { Server } from "./engine.ts";
import { createProcessEngine, type ProcessEngineOptions } from "./process.ts";

let room: Room;
let started: Server[];
beforeAll(() => realServer());
beforeEach(async () => {
  room = await openRoom("engine");
  started = [];
});
afterEach(async () => {
  await Promise.all(started.map((server) => server.stop()));
  await room[Symbol.asyncDispose]();
});

async function start(
  options: Partial<ProcessEngineOptions> = {},
  more: {
    readonly id?: string;
    readonly config?: string;
    readonly listeners?: readonly Listener[];
    readonly signal?: AbortSignal;
  } = {},
): Promise<Server> {
  const { path, version, source } = await realServer();
  const engine = createProcessEngine({ binary: path, version, source, dir: room.work, ...options });
  const { id = "mode/server", listeners = ["client"] } = more;
  const at = await engine.place(id, listeners);
  const monitor = at.ports.monitor === undefined ? "" : `http: "${at.host}:${at.ports.monitor}"\n`;
  const config = more.config ?? `host: "${at.host}"\nport: ${at.ports.client}\n${monitor}debug: true\n`;
  const files = { "server.conf": { text: config, secret: true }, "ca.pem": { text: "-", secret: false } };
  const server = await engine.start(
    { id, files, listeners },
    at,
    more.signal ?? new AbortController().signal,
  );
  started.push(server);
  return server;
}

/** Why a start failed. */
async function failure(starting: Promise<Server>): Promise<SandboxError> {
  const error = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SandboxError)) throw new Error(`expected a SandboxError, got ${error}`);
  return error;
}

async function nothingRuns(): Promise<void> {
  await eventually(() => room.processes().size === 0, "its processes to end").catch(() => {});
  expect([...room.processes().values()]).toEqual([]);
}

describe("a real nats-server", () => {
  it("is placed on loopback, its ports left to itself", async () => {
    const { path, version, source } = await realServer();
    const engine = createProcessEngine({ binary: path, version, source, dir: room.work });
    expect(await engine.place("mode/server", ["client", "monitor"])).toEqual({
      root: join(room.work, "mode/server"),
      host: "127.0.0.1",
      ports: { client: -1, monitor: -1 },
    });
    expect(engine).toMatchObject({ name: "process", version, title: expect.stringContaining(source) });
  });

  it("answers at the address it is said to have, in the version it is said to be, and listens nowhere else", async () => {
    const server = await start();
    const { host, port } = server.address("client");
    expect(await readInfo(host, port, performance.now() + 5_000)).toMatchObject({
      version: server.version,
      port,
    });
    expect(server.version).toBe((await realServer()).version);
    expect(await server.listeners()).toEqual([{ host: "127.0.0.1", port }]);
  });

  it("has a port for each listener, and another one each time", async () => {
    const listeners = ["client", "monitor"] as const;
    const servers = await Promise.all(["a/server", "b/server"].map((id) => start({}, { id, listeners })));
    const ports = servers.flatMap((server) => listeners.map((listener) => server.address(listener).port));
    expect(new Set(ports).size).toBe(4);
    for (const server of servers) {
      const told = listeners.map((listener) => server.address(listener));
      const byPort = (a: { port: number }, b: { port: number }) => a.port - b.port;
      expect([...(await server.listeners())].sort(byPort)).toEqual(told.sort(byPort));
      const answer = await fetch(`http://127.0.0.1:${server.address("monitor").port}/healthz`);
      expect(answer.ok).toBe(true);
    }
  });

  it("tells the whole story of a connection, and of none but that", async () => {
    const server = await start();
    const dial = async () => {
      const session = new WireSession(
        { url: `nats://127.0.0.1:${server.address("client").port}`, transport: "nats" },
        { deadline: performance.now() + 5_000 },
      );
      await session.open();
      await session.connect();
      session.close();
      return session.trace.clientId ?? -1;
    };
    const [first, second] = [await dial(), await dial()];
    for (const cid of [first, second]) {
      const story = await server.story(cid, 5_000);
      expect(story.every((line) => line.includes(` - cid:${cid} - `) && line.startsWith("["))).toBe(true);
      expect(story.at(0)).toContain("Client connection created");
      expect(story.at(-1)).toContain("Client connection closed");
    }
    expect(await server.story(9_999, 20)).toEqual([]);
    expect(await server.log()).toMatch(/Server is ready[\s\S]*Client connection closed/);
  });

  it("has private files, a working directory of its own, and nothing of our environment", async () => {
    const { path } = await realServer();
    const binary = room.script(
      "curious",
      `env > env.txt; pwd > pwd.txt; umask > umask.txt; exec '${path}' "$@"`,
    );
    process.env.SSL_CERT_FILE = "/nowhere/ca.pem";
    process.env.AWS_SECRET_ACCESS_KEY = "hunter2";
    try {
      await start({ binary });
    } finally {
      delete process.env.SSL_CERT_FILE;
      delete process.env.AWS_SECRET_ACCESS_KEY;
    }
    const root = join(room.work, "mode/server");
    expect(readFileSync(join(root, "pwd.txt"), "utf8").trim()).toBe(root);
    const names = readFileSync(join(root, "env.txt"), "utf8").match(/^\w+(?==)/gm) ?? [];
    const own = new Set(["PATH", "HOME", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"]); // some are the shell's own
    expect(names.filter((name) => !own.has(name))).toEqual([]);
    expect(names).toContain("PATH");
    for (const file of ["server.conf", "ca.pem", "server.log"])
      expect((statSync(join(root, file)).mode & 0o777).toString(8), file).toBe("600");
    expect((statSync(root).mode & 0o777).toString(8)).toBe("700");
  });

  it("ends in order when stopped, and a second stop does nothing", async () => {
    const server = await start();
    const log = join(room.work, "mode/server/server.log");
    await server.stop();
    await server.stop();
    expect(readFileSync(log, "utf8")).toMatch(/Server Exiting/i);
    await nothingRuns();
  });

  it("that ends by itself leaves no watchdog behind", async () => {
    await start();
    for (const pid of room.servers()) process.kill(pid, "SIGTERM");
    await nothingRuns();
  });

  it("that does not like its config is a failed start, in its own last words", async () => {
    const error = await failure(start({}, { config: "port: -1\nno_such_key: 1\n" }));
    expect(error).toMatchObject({ code: "start-failed", message: "the server of mode/server did not start" });
    expect(error.detail).toMatch(/^nats-server \S+ said: .*no_such_key/);
    await nothingRuns();
  });

  it("does not start for a caller who no longer wants it", async () => {
    const reason = new Error("enough");
    await expect(start({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await nothingRuns();
  });
});

describe("a stand-in", () => {
  /** Listens in place of the server, and sends INFO as one does. */
  const info = createServer((socket) => {
    socket.on("error", () => {});
    socket.end('INFO {"version":"9.9.9"}\r\n');
  });
  let ready: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => info.listen(0, "127.0.0.1", resolve));
    const { port } = info.address() as AddressInfo;
    ready = `echo 'Listening for client connections on 127.0.0.1:${port}'; echo 'Server is ready'`;
  });
  afterAll(() => info.close());

  it("that takes no notice of SIGTERM is killed", async () => {
    const binary = room.script(
      "deaf",
      `trap 'echo no >> trap.txt' TERM; ${ready}; while :; do sleep 0.1; done`,
    );
    const server = await start({ binary });
    expect(room.processes().size).toBeGreaterThan(0);
    await server.stop();
    expect(readFileSync(join(room.work, "mode/server/trap.txt"), "utf8")).toBe("no\n");
    await nothingRuns();
  });

  it("that never gets ready is a failed start, and killed", async () => {
    const binary = room.script("hangs", "echo warming up; exec sleep 60");
    const error = await failure(start({ binary, startTimeout: 300 }));
    expect(error.code).toBe("start-failed");
    expect(error.detail).toMatch(/not ready after 0\.3 s.*warming up/);
    await nothingRuns();
  });

  it("that hangs is killed when its caller gives up", async () => {
    const binary = room.script("hangs", "exec sleep 60");
    const reason = new Error("enough");
    const controller = new AbortController();
    const starting = start({ binary }, { signal: controller.signal });
    const ended = expect(starting).rejects.toBe(reason);
    await eventually(
      () => [...room.processes().values()].some((args) => args.startsWith("sleep")),
      "the stand-in",
    );
    controller.abort(reason);
    await ended;
    await nothingRuns();
  });

  it.each([
    ["ends without a word", "exit 3", /said: nothing/],
    [
      "says why it ends",
      'echo "[1] 2026/01/01 00:00:00.000000 [FTL] out of luck"; echo later; exit 1',
      /said: \[FTL\] out of luck$/,
    ],
  ])("that %s is a failed start", async (_, text, why) => {
    expect((await failure(start({ binary: room.script("ends", text) }))).detail).toMatch(why);
    await nothingRuns();
  });

  it("that is not there is a failed start", async () => {
    const error = await failure(start({ binary: join(room.dir, "nowhere") }));
    expect(error.detail).toMatch(/nowhere/);
    await nothingRuns();
  });

  it("that runs the server as a child takes it along", async () => {
    const { path } = await realServer();
    const server = await start({ binary: room.script("wrapper", `'${path}' "$@"\nexit $?`) });
    expect(room.servers()).toHaveLength(1);
    await server.stop();
    await nothingRuns();
  });
});
