/** What the process engine does about servers that hang, fail, take no notice of signals, or are children of a wrapper. */
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type EngineLab, openEngineLab } from "../testing/cli-engine.ts";
import { eventually } from "../testing/cli-program.ts";
import { realServer } from "../testing/cli-room.ts";

let lab: EngineLab;
beforeAll(() => realServer());
beforeEach(async () => {
  lab = await openEngineLab();
});
afterEach(() => lab[Symbol.asyncDispose]());

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
    const binary = lab.room.script(
      "deaf",
      `trap 'echo no >> trap.txt' TERM; ${ready}; while :; do sleep 0.1; done`,
    );
    const server = await lab.start({ binary });
    expect(lab.room.processes().size).toBeGreaterThan(0);
    await server.stop();
    expect(readFileSync(join(lab.room.work, "mode/server/trap.txt"), "utf8")).toBe("no\n");
    expect(await lab.room.remaining()).toEqual([]);
  });

  it("that never gets ready is a failed start, and killed", async () => {
    const binary = lab.room.script("hangs", "echo warming up; exec sleep 60");
    const error = await lab.failure(lab.start({ binary, startTimeout: 300 }));
    expect(error.code).toBe("start-failed");
    expect(error.detail).toMatch(/not ready after 0\.3 s.*warming up/);
    expect(await lab.room.remaining()).toEqual([]);
  });

  it("that hangs is killed when its caller gives up", async () => {
    const binary = lab.room.script("hangs", "exec sleep 60");
    const reason = new Error("enough");
    const controller = new AbortController();
    const starting = lab.start({ binary, startTimeout: 600_000 }, { signal: controller.signal });
    const ended = expect(starting).rejects.toBe(reason);
    await eventually(
      () => [...lab.room.processes().values()].some((args) => args.startsWith("sleep")),
      "the stand-in",
    );
    controller.abort(reason);
    await ended;
    expect(await lab.room.remaining()).toEqual([]);
  });

  it.each([
    ["ends without a word", "exit 3", /said: nothing/],
    [
      "says why it ends",
      'echo "[1] 2026/01/01 00:00:00.000000 [FTL] out of luck"; echo later; exit 1',
      /said: \[FTL\] out of luck$/,
    ],
  ])("that %s is a failed start", async (_, text, why) => {
    expect((await lab.failure(lab.start({ binary: lab.room.script("ends", text) }))).detail).toMatch(why);
    expect(await lab.room.remaining()).toEqual([]);
  });

  it("that is not there is a failed start", async () => {
    const error = await lab.failure(lab.start({ binary: join(lab.room.dir, "nowhere") }));
    expect(error.detail).toMatch(/nowhere/);
    expect(await lab.room.remaining()).toEqual([]);
  });

  it("that runs the server as a child takes it along", async () => {
    const { path } = await realServer();
    const server = await lab.start({ binary: lab.room.script("wrapper", `'${path}' "$@"\nexit $?`) });
    expect(lab.room.servers()).toHaveLength(1);
    await server.stop();
    expect(await lab.room.remaining()).toEqual([]);
  });
});
