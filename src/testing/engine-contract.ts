/** The contract that every engine keeps, told as tests with real servers: placing, starting, telling, ending. */
import { type AddressInfo, createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Server } from "../engines/engine.ts";
import { isLoopback } from "../engines/listening.ts";
import { readInfo } from "../wire/session.ts";
import { describeReload } from "./engine-contract-reload.ts";
import { describeRestart } from "./engine-contract-restart.ts";
import {
  type Bench,
  comeAndGo,
  type EngineLab,
  failureOf,
  getsIn,
  startOn,
  UNREADABLE,
} from "./engine-lab.ts";

/** `missing`: why it cannot be tried here. */
export function describeEngine(name: string, openLab: () => Promise<EngineLab>, missing = ""): void {
  describe.skipIf(missing !== "")(`the contract of an engine: ${name}`, () => {
    let bench: Bench;
    const started: Server[] = [];
    beforeEach(async () => {
      const lab = await openLab();
      const engine = await lab.engine();
      bench = {
        lab,
        engine,
        async start(asked, on = engine) {
          const one = await startOn(on, asked);
          started.push(one.server);
          return one;
        },
      };
    });
    afterEach(async () => {
      await Promise.all(started.splice(0).map((server) => server.stop()));
      try {
        await bench.lab.close();
        expect(await bench.lab.leftovers()).toEqual([]);
      } finally {
        await bench.lab[Symbol.asyncDispose]();
      }
    });

    describePlace(() => bench);
    describeStart(() => bench);
    describeEnd(() => bench);
    describeReload(() => bench);
    describeRestart(() => bench);
  });
}

function describePlace(bench: () => Bench): void {
  it("places a server: an absolute folder, an address, a port for each listener and for no other", async () => {
    const { engine } = bench();
    const at = await engine.place("mode/server", ["client", "monitor"], { client: 14_222, cluster: 14_223 });
    expect(at.root).toMatch(/^\//);
    expect(at.host).not.toBe("");
    expect(Object.keys(at.ports)).toEqual(["client", "monitor"]);
    expect((await engine.place("mode/other", ["client"])).root).not.toBe(at.root);
  });
}

const byPort = (a: { readonly port: number }, b: { readonly port: number }) => a.port - b.port;

function describeStart(bench: () => Bench): void {
  it("starts a server that answers where it is said to, in the version it is said to be, and listens nowhere else", async () => {
    const { engine, start } = bench();
    const { server } = await start();
    const { host, port } = server.address("client");
    const { version } = await readInfo(host, port, performance.now() + 10_000);
    expect({ version, ofServer: server.version }).toEqual({
      version: engine.version,
      ofServer: engine.version,
    });
    expect(server.id).toBe("mode/server");
    expect(await server.listeners()).toEqual([{ host, port }]);
    expect(isLoopback(host)).toBe(true);
  });

  it("has a port for each listener, and another one for each server", async () => {
    const listeners = ["client", "monitor"] as const;
    const servers = await Promise.all(["a/server", "b/server"].map((id) => bench().start({ id, listeners })));
    const told = servers.flatMap(({ server }) => listeners.map((listener) => server.address(listener)));
    expect(new Set(told.map(({ port }) => port)).size).toBe(4);
    const real = await Promise.all(servers.map(({ server }) => server.listeners()));
    expect(real.flat().sort(byPort)).toEqual([...told].sort(byPort));
    expect(real.flat().every(({ host }) => isLoopback(host))).toBe(true);
    for (const { server } of servers) {
      const { host, port } = server.address("monitor");
      expect((await fetch(`http://${host}:${port}/varz`)).ok).toBe(true);
    }
  });

  it("starts it on a port asked for by number", async () => {
    const { server } = await bench().start();
    const port = server.address("client").port;
    await server.stop();
    const again = await bench().start({ id: "other/server", ports: { client: port } });
    expect(again.server.address("client").port).toBe(port);
    expect(await getsIn(again.server)).toBe(true);
  });

  it("says who has a port that is taken, and leaves nothing", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const error = await failureOf(bench().start({ ports: { client: port } }));
      expect(error).toMatchObject({ code: "port-in-use", message: expect.stringContaining(`port ${port}`) });
      expect(error.detail).toContain(String(process.pid));
      expect(await bench().lab.leftovers()).toEqual([]);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it("keeps its files to itself", async () => {
    const { server } = await bench().start({ files: { "server-key.pem": "-", "ca.pem": "-" } });
    const modes = await bench().lab.fileModes(server);
    expect(Object.keys(modes)).toEqual(expect.arrayContaining(["ca.pem", "server-key.pem", "server.conf"]));
    expect(Object.entries(modes).filter(([, mode]) => !/^[67]00$/.test(mode))).toEqual([]);
  });

  it("tells the whole story of a connection, and of none but that", async () => {
    const { server } = await bench().start();
    const cids = [await comeAndGo(server), await comeAndGo(server)];
    expect(new Set(cids).size).toBe(2);
    for (const cid of cids) {
      const story = await server.story(cid, 10_000);
      expect(story.filter((line) => !line.includes(` - cid:${cid} - `) || !line.startsWith("["))).toEqual([]);
      expect(story.at(0)).toContain("Client connection created");
      expect(story.at(-1)).toContain("Client connection closed");
    }
    expect(await server.story(9_999, 20)).toEqual([]);
    expect(await server.log()).toMatch(/Server is ready[\s\S]*Client connection closed/);
  });

  it("runs beside another engine that knows the same names, each with its own", async () => {
    const { start, lab } = bench();
    const config = (secret: string) => () => `authorization { user: app, password: "${secret}" }`;
    const first = await start({ config: config("first-secret") });
    const second = await start({ config: config("second-secret") }, await lab.engine());
    const login = { user: "app", password: "first-secret" };
    expect([await getsIn(first.server, { login }), await getsIn(second.server, { login })]).toEqual([
      true,
      false,
    ]);
    await first.server.stop();
    expect(await getsIn(second.server, { login: { ...login, password: "second-secret" } })).toBe(true);
  });

  it("tells why a server does not start in the server's own words, and leaves nothing", async () => {
    const error = await failureOf(bench().start({ config: () => UNREADABLE }));
    expect(error).toMatchObject({ code: "start-failed", message: "the server of mode/server did not start" });
    expect(error.detail).toMatch(/^nats-server \S+ said: .*Parse error/);
    expect(await bench().lab.leftovers()).toEqual([]);
  });

  it("starts nothing for a caller who no longer wants it, at whatever moment that is", async () => {
    const reason = new Error("enough");
    await expect(bench().start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for (const ms of [0, 2, 5, 10, 20, 40]) {
      const controller = new AbortController();
      const starting = bench().start({ id: `after/${ms}`, signal: controller.signal });
      setTimeout(() => controller.abort(reason), ms);
      const outcome = await starting.then(
        ({ server }) => server.stop(), // it was quicker
        (error: unknown) => error,
      );
      expect([undefined, reason]).toContain(outcome);
      expect(await bench().lab.leftovers()).toEqual([]);
    }
  });
}

function describeEnd(bench: () => Bench): void {
  it("tells of its end when it is stopped, and not before; to stop it twice is to stop it", async () => {
    const { server } = await bench().start();
    expect(await Promise.race([server.ended.then(() => "ended"), getsIn(server)])).toBe(true);
    await Promise.all([server.stop(), server.stop()]);
    await server.ended;
    await server.stop();
    expect(await server.log()).toMatch(/Server is ready/);
    expect(await bench().lab.leftovers()).toEqual([]);
  });

  it("tells of its end when it is killed by others, and what it said until then", async () => {
    const { server } = await bench().start();
    const cid = await comeAndGo(server);
    const story = await server.story(cid, 10_000);
    await bench().lab.kill(server);
    await server.ended;
    expect(story.at(-1)).toContain("Client connection closed");
    expect(await server.story(cid, 10_000)).toEqual(story);
    await server.stop();
    expect(await bench().lab.leftovers()).toEqual([]);
  });

  it.each(["up", "starting", "starting", "starting"] as const)(
    "ends with an owner that is killed (%s)",
    async (when) => {
      await bench().lab.killedOwner(when);
      expect(await bench().lab.leftovers()).toEqual([]);
    },
  );
}
