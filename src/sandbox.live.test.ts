/** A sandbox as the library gives it: silent, whole or told what is missing, and gone without a trace. */
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { SandboxError } from "./errors.ts";
import type { Mode } from "./model.ts";
import type { SandboxEvent } from "./results.ts";
import { type SandboxOptions, startSandbox } from "./sandbox.ts";
import { selectMode, selectModes } from "./select.ts";
import { MAIN, openRoom, type Room, realServer } from "./testing/cli-room.ts";

let room: Room;
beforeAll(() => realServer());
beforeEach(async () => {
  room = await openRoom("sandbox");
});
afterEach(() => room[Symbol.asyncDispose]());

async function start(modes: readonly Mode[], options: Partial<SandboxOptions> = {}) {
  const { path } = await realServer();
  return startSandbox(modes, { home: room.state, name: "test", server: path, ...options });
}

async function nothingIsLeft(): Promise<void> {
  expect(await room.remaining()).toEqual([]);
  expect(room.left()).toEqual([]);
}

/** A nats-server that says it is version 2.0.0, and that refuses the configs with this line. */
async function oldServer(refused: string): Promise<string> {
  const { path } = await realServer();
  return room.script(
    "old-server",
    `[ "$1" = --version ] && { echo 'nats-server: v2.0.0'; exit; }
grep -q '${refused}' "$2" && { echo 'nats-server: out of luck'; exit 1; }
exec '${path}' "$@"`,
  );
}

it("is silent, has no signal handlers, and tells only who asks", async () => {
  const events: SandboxEvent[] = [];
  const written: unknown[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((chunk) => written.push(chunk) > 0),
  );
  const handlers = () => ["SIGINT", "SIGTERM", "SIGHUP", "exit"].map((name) => process.listenerCount(name));
  const before = handlers();
  try {
    await using sandbox = await start(selectModes(["open", "tls"]), { emit: (event) => events.push(event) });
    expect(handlers()).toEqual(before);
    expect(sandbox.running.map(({ mode }) => mode.name)).toEqual(["open", "tls"]);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  expect(written).toEqual([]);
  for (const mode of ["open", "tls"])
    expect(events.filter((event) => event.type === "phase" && event.mode === mode)).toEqual([
      { type: "phase", mode, phase: "starting" },
      { type: "phase", mode, phase: "ready", url: expect.stringMatching(/^(nats|tls):\/\/localhost:\d+$/) },
    ]);
  await nothingIsLeft();
});

it("hands out each client's files, private, and their URLs without credentials", async () => {
  await using sandbox = await start(selectModes(["permissions", "tls-verify", "open"]));
  const handedOut = sandbox.handOut();
  expect(handedOut.map(({ mode, client }) => `${mode} ${client}`).sort()).toEqual([
    "open app",
    "permissions app",
    "permissions service",
    "tls-verify app",
  ]);
  for (const { mode, connection, files, envFile } of handedOut) {
    const { url } = connection;
    expect(url).toMatch(/^(nats|tls):\/\/localhost:\d+$/);
    const pems = mode === "tls-verify" ? ["ca", "cert", "key"] : [];
    expect(Object.keys(files)).toEqual([...pems, "context"]);
    for (const path of [envFile, ...Object.values(files)]) {
      expect(path.startsWith(sandbox.dir)).toBe(true);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(envFile, "utf8")).toContain(`export NATS_URL='${url}'`);
  }
  // The key of the CA, and those of the twins for negative checks, are nowhere.
  const keys = room.files().filter((file) => file.endsWith("key.pem"));
  expect(keys.map((file) => file.split("/tls-verify/")[1]).sort()).toEqual([
    "clients/app/key.pem",
    "server/server-key.pem",
  ]);
});

it("tells which modes did not start beside those that did", async () => {
  const server = await oldServer("^tls {");
  await using sandbox = await start(selectModes(["open", "tls"]), { server });
  expect(sandbox.running.map(({ mode }) => mode.name)).toEqual(["open"]);
  expect(sandbox.failed.map(({ mode, error }) => [mode.name, error.code])).toEqual([["tls", "start-failed"]]);
  expect(sandbox.failed[0]?.error.detail).toContain("out of luck");
});

it("that has no mode that starts is an error, and keeps the logs alone", async () => {
  const server = await oldServer("^host:");
  const error: SandboxError = await start(selectModes(["tls-verify", "token"]), { server }).then(
    () => expect.fail("it started"),
    (reason) => reason,
  );
  expect({ code: error.code, detail: error.detail }).toEqual({
    code: "start-failed",
    detail: expect.stringContaining("out of luck"),
  });
  const files = room.left().filter((file) => statSync(join(room.dir, file)).isFile());
  expect(files.map((file) => file.replace(/^work\/\.nats-sandbox\/?/, "")).sort()).toEqual([
    ".gitignore",
    "test/.sandbox.json",
    "test/tls-verify/server/server.log",
    "test/token/server/server.log",
  ]);
  // The name is free, and the next one of it takes the logs away.
  await (await start(selectModes(["open"]))).stop();
  await nothingIsLeft();
});

it("skips a mode that its server is too old for, and says so", async () => {
  const young: Mode = { ...selectMode("open"), name: "young", needs: "headers" };
  await using sandbox = await start([young, selectMode("open")], { server: await oldServer("^nothing") });
  expect(sandbox.running.map(({ mode }) => mode.name)).toEqual(["open"]);
  expect(sandbox.skipped).toEqual([{ mode: "young", reason: "needs nats-server 2.2.0, found 2.0.0" }]);
});

it("takes a home relative to the working directory", async () => {
  await using sandbox = await start(selectModes(["tls"]), { home: relative(process.cwd(), room.state) });
  expect(sandbox.dir).toBe(join(room.state, "test"));
  for (const { files, envFile } of sandbox.handOut())
    for (const path of [envFile, files.ca]) expect(path).toContain(join(room.state, "test/tls"));
});

it("stops once, whoever asks how often", async () => {
  const sandbox = await start(selectModes(["open"]));
  await Promise.all([sandbox.stop(), sandbox.stop()]);
  await sandbox[Symbol.asyncDispose]();
  await nothingIsLeft();
});

it("has its name to itself, within one process too, until it is stopped", async () => {
  const first = await start(selectModes(["open"]));
  await expect(start(selectModes(["tls"]))).rejects.toMatchObject({
    code: "name-in-use",
    detail: expect.stringContaining(String(process.pid)),
  });
  await using other = await start(selectModes(["tls"]), { name: "other" });
  expect(other.dir).not.toBe(first.dir);
  await first.stop();
  expect(other.running).toHaveLength(1);
  await (await start(selectModes(["open"]))).stop();
});

it("makes nothing for a host name that is none", async () => {
  await expect(start(selectModes(["open"]), { hosts: ["not a host"] })).rejects.toMatchObject({
    code: "invalid-host",
  });
  await nothingIsLeft();
});

it("that is given up while it starts leaves nothing", async () => {
  const reason = new Error("enough");
  for (const ms of [0, 20, 60]) {
    const controller = new AbortController();
    const starting = start(selectModes(["tls-verify", "open"]), { signal: controller.signal });
    const ended = starting.then(
      (sandbox) => sandbox.stop(), // it was quicker
      (error: unknown) => expect(error).toBe(reason),
    );
    setTimeout(() => controller.abort(reason), ms);
    await ended;
    await nothingIsLeft();
  }
});

it("ends with a program that forgets it, however that ends", async () => {
  const { path } = await realServer();
  const index = pathToFileURL(join(MAIN, "../../index.js")).href;
  const program = `
    const { startSandbox } = await import(${JSON.stringify(index)});
    const options = { home: ${JSON.stringify(room.state)}, name: "forgotten", server: ${JSON.stringify(path)} };
    const { modes } = await startSandbox(["open"], options);
    console.log(modes.length);
    process.exit(0);`;
  const args = ["--input-type=module", "--eval", program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: room.work, encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "1\n", stderr: "" });
  expect(await room.remaining()).toEqual([]);
  await (await start(selectModes(["open"]))).stop();
  await nothingIsLeft();
});
