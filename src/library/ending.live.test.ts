/** How sandboxes of a program end: by their holder, a signal, an abort, the program's own end; a hundred leave nothing. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../testing/cli-program.ts";
import { MAIN, type Room, realServer } from "../testing/cli-room.ts";
import { openLibraryRoom } from "../testing/library-room.ts";
import type { StartOptions } from "./options.ts";
import { startMode, startSandbox } from "./start.ts";

let room: Room;
let options: StartOptions;
beforeEach(async () => {
  ({ room, options } = await openLibraryRoom("ending"));
});
afterEach(() => room[Symbol.asyncDispose]());

async function nothingIsLeft(): Promise<void> {
  expect(await room.remaining()).toEqual([]);
  expect(room.left()).toEqual([]);
}

/** A program that has started a mode and says so; what it does before and after is given. */
async function program(before: string, more: string, env: NodeJS.ProcessEnv = {}) {
  const index = pathToFileURL(join(MAIN, "../../index.js")).href;
  const text = `
    import { startMode, startSandbox } from ${JSON.stringify(index)};
    ${before}
    const nats = await startMode("tls-verify", ${more});
    console.log(JSON.stringify(nats.files()));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", text], {
    cwd: room.work,
    env: { ...room.env, NATS_SANDBOX_HOME: room.state, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (said += text));
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  await Promise.race([once(child.stdout, "data"), exited]);
  return { child, exited, said: () => said };
}

describe("a signal", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "%s that was asked for stops it, and ends the process as ever",
    async (signal) => {
      const { child, exited, said } = await program("", `{ stopOn: ["SIGINT", "SIGTERM"] }`);
      child.kill(signal);
      expect(await exited, said()).toEqual([null, signal]);
      await nothingIsLeft();
    },
  );

  it("that the program handles too is the program's to end with", async () => {
    const handler = `process.on("SIGTERM", () => { console.log("told"); setTimeout(() => process.exit(7), 500); });`;
    const { child, exited, said } = await program(handler, `{ stopOn: ["SIGTERM"] }`);
    child.kill("SIGTERM");
    expect(await exited, said()).toEqual([7, null]);
    expect(said().match(/told/g)).toHaveLength(1);
    await nothingIsLeft();
  });

  it("stops all sandboxes of the program before it ends the process, and what is just starting", async () => {
    const all = `const stopOn = ["SIGTERM"];
      await startSandbox(["core"], { stopOn });
      void startMode("tls-verify", { stopOn }).catch(({ code }) => console.log(code));`;
    const { child, exited, said } = await program(all, "{ stopOn }");
    child.kill("SIGTERM");
    expect(await exited, said()).toEqual([null, "SIGTERM"]);
    await nothingIsLeft();
  });

  it.each([5, 20, 40, 60])("%s ms into a start ends that, too", async (ms) => {
    const start = `setTimeout(() => process.kill(process.pid, "SIGTERM"), ${ms});`;
    const { exited, said } = await program(start, `{ stopOn: ["SIGTERM"] }`);
    expect(await exited, said()).toEqual([null, "SIGTERM"]);
    await nothingIsLeft();
  });

  it("a second one ends the process at once, and the servers with it", async () => {
    const { path } = await realServer();
    const stubborn = room.script(
      "stubborn",
      `[ "$1" = -c ] || exec '${path}' "$@"\ntrap '' TERM\n'${path}' "$@" & wait`,
    );
    const { child, exited } = await program(
      "",
      `{ stopOn: ["SIGTERM"], server: ${JSON.stringify(stubborn)} }`,
    );
    child.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const begin = performance.now();
    child.kill("SIGTERM");
    expect(await exited).toEqual([null, "SIGTERM"]);
    expect(performance.now() - begin).toBeLessThan(1_000); // a stop would have waited for two seconds
    expect(await room.remaining()).toEqual([]);
  });

  it.each(["SIGKILL", "SIGNOTHING"])(
    "that cannot be handled, such as %s, is told before anything starts",
    async (name) => {
      const starting = startMode("open", { ...options, stopOn: [name as "SIGKILL"] });
      await expect(starting).rejects.toMatchObject({ name: "SandboxError", code: "usage" });
      await nothingIsLeft();
    },
  );

  it("that nobody asked for ends the process, and the servers end with it", async () => {
    const { child, exited } = await program("", "{}");
    child.kill("SIGTERM");
    expect(await exited).toEqual([null, "SIGTERM"]);
    expect(await room.remaining()).toEqual([]);
    await (await startMode("open", options)).stop(); // the next one clears away its files
    await nothingIsLeft();
  });
});

describe("an AbortSignal", () => {
  const failureOf = (starting: Promise<AsyncDisposable>) =>
    starting.then(
      () => "it started",
      (error: unknown) => error,
    );

  it("that is aborted before or while it starts fails the start with its reason", async () => {
    const reason = new Error("enough");
    expect(await failureOf(startMode("tls", { ...options, signal: AbortSignal.abort(reason) }))).toBe(reason);
    const controller = new AbortController();
    const starting = failureOf(startSandbox(["core"], { ...options, signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 10);
    expect(await starting).toBe(reason);
    await nothingIsLeft();
  });

  it("that is aborted later stops it all", async () => {
    const controller = new AbortController();
    const sandbox = await startSandbox(["tls", "open"], { ...options, signal: controller.signal });
    expect(room.servers()).toHaveLength(2);
    controller.abort();
    await eventually(() => room.left().length === 0, "everything to be gone");
    await nothingIsLeft();
    await sandbox.stop(); // has nothing more to do
  });
});

describe("the folder that is used when none is named", () => {
  const atHome = (more = "{}") => program("", more, { NATS_SANDBOX_HOME: "" });
  const folder = () => join(room.env.TMPDIR ?? "", `nats-sandbox-${process.getuid?.()}`);

  it("is the user's alone, in the system's for temporary files, and goes with the last sandbox", async () => {
    const { child, exited, said } = await atHome(`{ stopOn: ["SIGTERM"] }`);
    const { key } = JSON.parse(said());
    expect(key.startsWith(`${folder()}/`)).toBe(true);
    expect(statSync(folder()).mode & 0o777).toBe(0o700);
    expect(statSync(key).mode & 0o777).toBe(0o600);
    child.kill("SIGTERM");
    await exited;
    expect(readdirSync(room.env.TMPDIR ?? "")).toEqual([]);
  });

  it.each<[string, () => void]>([
    [
      "in which others can write",
      () => {
        mkdirSync(folder());
        chmodSync(folder(), 0o777);
      },
    ],
    ["that is a link", () => symlinkSync(room.work, folder())],
  ])("is refused when there is one %s", async (_, make) => {
    make();
    const { exited, said } = await atHome();
    expect(await exited).toEqual([1, null]);
    expect(said()).toContain("state-unusable");
    expect(await room.remaining()).toEqual([]);
  });
});

it("a hundred in one process leave no process, file, listener or descriptor behind", async () => {
  const openFiles = () => readdirSync("/proc/self/fd").length;
  const listeners = () => process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
  const warnings: string[] = [];
  const onWarning = (warning: Error) => warnings.push(warning.message);
  process.on("warning", onWarning);
  const shared = new AbortController(); // a long-lived one, as a test runner has
  const ten = async () => {
    const all = await Promise.all(
      Array.from({ length: 10 }, () => startMode("tls-verify", { ...options, signal: shared.signal })),
    );
    await Promise.all(all.map((one) => one.stop()));
  };
  await ten(); // what is loaded and made once
  const settled = () => new Promise((resolve) => setTimeout(resolve, 200));
  await settled();
  const before = {
    files: openFiles(),
    listeners: listeners(),
    handles: process.getActiveResourcesInfo().sort(),
  };
  for (let round = 0; round < 10; round += 1) await ten();
  await settled();
  expect(listeners()).toEqual(before.listeners);
  expect(process.getActiveResourcesInfo().sort()).toEqual(before.handles);
  expect(openFiles()).toBeLessThanOrEqual(before.files);
  process.removeListener("warning", onWarning);
  expect(warnings).toEqual([]);
  await nothingIsLeft();
}, 120_000);
