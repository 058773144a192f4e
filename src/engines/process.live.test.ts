/** The contract of an engine, kept by the process engine with a real nats-server. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type EngineLab, openEngineLab } from "../testing/cli-engine.ts";
import { realServer } from "../testing/cli-room.ts";
import { readInfo, WireSession } from "../wire/session.ts";
import { createProcessEngine } from "./process.ts";

let lab: EngineLab;
beforeAll(() => realServer());
beforeEach(async () => {
  lab = await openEngineLab();
});
afterEach(() => lab[Symbol.asyncDispose]());

describe("a real nats-server", () => {
  it("is placed on loopback, its ports left to itself", async () => {
    const { path, version, source } = await realServer();
    const engine = createProcessEngine({ binary: path, version, source, dir: lab.room.work });
    expect(await engine.place("mode/server", ["client", "monitor"])).toEqual({
      root: join(lab.room.work, "mode/server"),
      host: "127.0.0.1",
      ports: { client: -1, monitor: -1 },
    });
    expect(engine).toMatchObject({ name: "process", version, title: expect.stringContaining(source) });
  });

  it("answers at the address it is said to have, in the version it is said to be, and listens nowhere else", async () => {
    const server = await lab.start();
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
    const servers = await Promise.all(["a/server", "b/server"].map((id) => lab.start({}, { id, listeners })));
    const ports = servers.flatMap((server) => listeners.map((listener) => server.address(listener).port));
    expect(new Set(ports).size).toBe(4);
    for (const server of servers) {
      const told = listeners.map((listener) => server.address(listener));
      const byPort = (a: { port: number }, b: { port: number }) => a.port - b.port;
      expect([...(await server.listeners())].sort(byPort)).toEqual(told.sort(byPort));
      const answer = await fetch(`http://127.0.0.1:${server.address("monitor").port}/varz`);
      expect(answer.ok).toBe(true);
    }
  });

  it("tells the whole story of a connection, and of none but that", async () => {
    const server = await lab.start();
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
    const binary = lab.room.script(
      "curious",
      `env > env.txt; pwd > pwd.txt; umask > umask.txt; exec '${path}' "$@"`,
    );
    process.env.SSL_CERT_FILE = "/nowhere/ca.pem";
    process.env.AWS_SECRET_ACCESS_KEY = "hunter2";
    try {
      await lab.start({ binary });
    } finally {
      delete process.env.SSL_CERT_FILE;
      delete process.env.AWS_SECRET_ACCESS_KEY;
    }
    const root = join(lab.room.work, "mode/server");
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
    const server = await lab.start();
    const log = join(lab.room.work, "mode/server/server.log");
    await server.stop();
    await server.stop();
    expect(readFileSync(log, "utf8")).toMatch(/Server Exiting/i);
    expect(await lab.room.remaining()).toEqual([]);
  });

  it("that ends by itself leaves no watchdog behind", async () => {
    await lab.start();
    for (const pid of lab.room.servers()) process.kill(pid, "SIGTERM");
    expect(await lab.room.remaining()).toEqual([]);
  });

  it("that does not like its config is a failed start, in its own last words", async () => {
    const error = await lab.failure(lab.start({}, { config: "port: -1\nno_such_key: 1\n" }));
    expect(error).toMatchObject({ code: "start-failed", message: "the server of mode/server did not start" });
    expect(error.detail).toMatch(/^nats-server \S+ said: .*no_such_key/);
    expect(await lab.room.remaining()).toEqual([]);
  });

  it("does not start for a caller who no longer wants it", async () => {
    const reason = new Error("enough");
    await expect(lab.start({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await lab.room.remaining()).toEqual([]);
  });
});
