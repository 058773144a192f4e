/** The servers of a mode whatever happens at once: none twice, none after the stop, none missed. Nothing real is started. */
import { beforeEach, describe, expect, it } from "vitest";
import { SandboxError } from "../errors.ts";
import type { Mode } from "../model.ts";
import { type FakeEngine, fakeEngine } from "../testing/fake-engine.ts";
import { Servers, type ServersOptions } from "./servers.ts";

const MODE: Mode = {
  name: "fake",
  title: "-",
  why: "-",
  groups: [],
  servers: {
    server: { template: "-" },
    second: { template: "-" },
    fixed: { template: "-", ports: { client: 4222 } },
  },
  clients: { app: {} },
  checks: {},
};
const BOTH = ["server", "second"] as const;

let engine: FakeEngine;
let notes: string[];
let lost: string[];
beforeEach(() => {
  engine = fakeEngine();
  notes = [];
  lost = [];
});

function servers(options: Partial<ServersOptions> = {}): Servers {
  const own = { onNote: (text: string) => notes.push(text), onLost: (name: string) => lost.push(name) };
  return new Servers(MODE, { engine, listeners: ["client"], ...own, ...options }, () => ({
    config: "",
    files: {},
  }));
}

async function up(options: Partial<ServersOptions> = {}): Promise<Servers> {
  const all = servers(options);
  await Promise.all(BOTH.map((name) => all.start(name)));
  return all;
}

const portOf = (all: Servers, name = "server") => all.up(name).address("client").port;

/** Holds back every start and reload until it is opened. */
function shut(): () => void {
  let open = () => {};
  engine.gate = new Promise((resolve) => {
    open = resolve;
  });
  return () => {
    engine.gate = undefined;
    open();
  };
}

/** Until all that can happen without the gate has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("ports", () => {
  it("that are remembered are asked for again", async () => {
    const all = servers({ ports: { server: { client: 5001 } } });
    await all.start("server");
    expect(all.ports(["server"])).toEqual({ server: { client: 5001 } });
    expect(notes).toEqual([]);
  });

  it("that are remembered and taken are replaced, which is told with their holder", async () => {
    engine.taken.add(5001);
    const all = servers({ ports: { server: { client: 5001 } } });
    await all.start("server");
    expect(portOf(all)).not.toBe(5001);
    expect(notes).toEqual([
      "fake: port 5001, asked for by fake/server, is taken, by process 1 (init); another one is used",
    ]);
  });

  it("that are fixed and taken are an error, remembered or not", async () => {
    engine.taken.add(4222);
    for (const ports of [{}, { fixed: { client: 4222 } }, { fixed: { client: 5001 } }])
      await expect(servers({ ports }).start("fixed")).rejects.toMatchObject({ code: "port-in-use" });
    expect({ notes, running: engine.running() }).toEqual({ notes: [], running: [] });
  });

  it("that are fixed win over those that are remembered", async () => {
    const all = servers({ ports: { fixed: { client: 5001 } } });
    await all.start("fixed");
    expect(portOf(all, "fixed")).toBe(4222);
  });
});

describe("a server", () => {
  it("is started once, however many ask for it", async () => {
    const all = servers();
    const [one, other] = await Promise.all([all.start("server"), all.start("server")]);
    expect(one).toBe(other);
    expect(engine.running()).toEqual(["fake/server"]);
  });

  it("that ends by itself is missed, until it is restarted", async () => {
    const all = await up();
    engine.crash("fake/second");
    await settled();
    expect({ lost, now: [...all.lost] }).toEqual({ lost: ["second"], now: ["second"] });
    await all.restart(["second"]);
    expect([...all.lost]).toEqual([]);
    expect(engine.running()).toEqual(["fake/second", "fake/server"]);
  });

  it("that is stopped is not", async () => {
    const all = await up();
    await all.restart(BOTH);
    await all.stop();
    await settled();
    expect({ lost, now: [...all.lost] }).toEqual({ lost: [], now: [] });
  });
});

describe("a restart", () => {
  it("stops a server before it starts it again, on the same port", async () => {
    const all = await up();
    const before = all.ports(BOTH);
    await all.restart(["server"]);
    expect(engine.deeds.slice(-2)).toEqual(["stop fake/server", "start fake/server"]);
    expect(all.ports(BOTH)).toEqual(before);
    expect(await all.start("server")).toBe(all.up("server"));
  });

  it("during another one waits for it: no server runs twice, none changes its port", async () => {
    const all = await up();
    const before = all.ports(BOTH);
    const open = shut();
    const restarts = [all.restart(BOTH), all.restart(BOTH), all.restart(["second"])];
    await settled();
    open();
    await Promise.all(restarts);
    expect(engine.running()).toEqual(["fake/second", "fake/server"]);
    expect(all.ports(BOTH)).toEqual(before);
    expect(notes).toEqual([]);
    await all.stop();
    expect(engine.running()).toEqual([]);
  });

  it("during a reload waits for it", async () => {
    const all = await up();
    const open = shut();
    const works = [all.reload(["server"]), all.restart(["server"])];
    await settled();
    expect(engine.deeds.at(-1)).toBe("reload fake/server");
    open();
    await Promise.all(works);
    expect(engine.deeds.slice(-2)).toEqual(["stop fake/server", "start fake/server"]);
  });

  it("that fails leaves a server that is missed, and that a later one brings back", async () => {
    const all = await up();
    const port = portOf(all);
    engine.failure = new SandboxError("start-failed", "out of luck");
    await expect(all.restart(["server"])).rejects.toThrow("out of luck");
    expect([...all.lost]).toEqual(["server"]);
    expect(await all.start("server")).toBe(all.up("server")); // the last there was: its log is of use
    expect(engine.running()).toEqual(["fake/second"]);
    engine.failure = undefined;
    await all.restart(["server"]);
    expect({ lost: [...all.lost], port: portOf(all) }).toEqual({ lost: [], port });
  });

  it("whose port was taken meanwhile gets another one, which is told", async () => {
    const all = await up();
    const port = portOf(all);
    const restarting = all.restart(["server"]);
    engine.crash("fake/server");
    engine.taken.add(port);
    await restarting;
    expect(portOf(all)).not.toBe(port);
    expect(notes).toEqual([expect.stringContaining(`port ${port}, asked for by fake/server, is taken`)]);
  });
});

it("all but some are stopped, missed by nobody, and started again when asked for", async () => {
  const all = await up();
  const second = all.up("second");
  await all.stopOthers(["server"]);
  expect(engine.running()).toEqual(["fake/server"]);
  await settled();
  expect(lost).toEqual([]);
  expect(await all.start("second")).not.toBe(second);
  expect(engine.running()).toEqual(["fake/second", "fake/server"]);
});

describe("a stop", () => {
  it("during a restart leaves nothing running", async () => {
    const all = await up();
    const open = shut();
    const restart = all.restart(BOTH).catch((error: unknown) => error);
    await settled();
    const stop = all.stop();
    open();
    await stop;
    expect(await restart).toMatchObject({ code: "aborted" });
    expect(engine.running()).toEqual([]);
  });

  it("before a restart has begun leaves nothing running", async () => {
    const all = await up();
    const [restart] = [all.restart(BOTH).catch((error: unknown) => error), all.stop()];
    expect(await restart).toMatchObject({ code: "aborted" });
    await settled();
    expect(engine.running()).toEqual([]);
  });

  it("during the first start leaves nothing running", async () => {
    const all = servers();
    const open = shut();
    const start = all.start("server").catch((error: unknown) => error);
    await settled();
    const stop = all.stop();
    open();
    await stop;
    expect(await start).toMatchObject({ code: "aborted" });
    expect(engine.running()).toEqual([]);
  });

  it("is the last thing: what is asked for afterwards is refused", async () => {
    const all = await up();
    await all.stop();
    await expect(all.start("fixed")).rejects.toMatchObject({ code: "aborted" });
    await expect(all.restart(BOTH)).rejects.toMatchObject({ code: "aborted" });
    expect(engine.running()).toEqual([]);
  });
});
