/** The process engine keeps the contract of an engine, and what is its own business: folders, environment, watchdogs. */
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compareVersions } from "../server/capabilities.ts";
import { type EngineLab, openEngineLab } from "../testing/cli-engine.ts";
import { realServer } from "../testing/cli-room.ts";
import { describeEngine } from "../testing/engine-contract.ts";
import { openProcessLab } from "../testing/process-lab.ts";
import { createProcessEngine } from "./process.ts";

beforeAll(() => realServer());

describeEngine("process", openProcessLab);

describe("a process", () => {
  let lab: EngineLab;
  beforeEach(async () => {
    lab = await openEngineLab();
  });
  afterEach(() => lab[Symbol.asyncDispose]());

  it("is placed on loopback in a folder of its own, its ports left to itself unless they are asked for", async () => {
    const { path, version, source } = await realServer();
    const engine = createProcessEngine({ binary: path, version, source, dir: lab.room.work });
    expect(await engine.place("mode/server", ["client", "monitor"], { monitor: 8222 })).toEqual({
      root: join(lab.room.work, "mode/server"),
      host: "127.0.0.1",
      ports: { client: -1, monitor: 8222 },
    });
    expect(engine).toMatchObject({ name: "process", version, title: expect.stringContaining(source) });
  });

  it("has a working directory of its own, and nothing of our environment", async () => {
    const { path } = await realServer();
    const binary = lab.room.script("curious", `env > env.txt; pwd > pwd.txt; exec '${path}' "$@"`);
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
    expect((statSync(root).mode & 0o777).toString(8)).toBe("700");
  });

  it("that cannot be recorded is ended: nobody would find it", async () => {
    mkdirSync(join(lab.room.work, "mode/server/server.pid"), { recursive: true }); // as good as a full disk
    await expect(lab.start()).rejects.toMatchObject({ code: "EISDIR" });
    expect(await lab.room.remaining()).toEqual([]);
  });

  it("ends in order when stopped", async () => {
    const server = await lab.start();
    await server.stop();
    const said = /Server Exiting/i.test(readFileSync(join(lab.room.work, "mode/server/server.log"), "utf8"));
    expect(said).toBe(compareVersions(server.version, "2.0.0") >= 0); // gnatsd has no word for it
    expect(await lab.room.remaining()).toEqual([]);
  });

  it("that ends by itself leaves no watchdog behind", async () => {
    await lab.start();
    for (const pid of lab.room.servers()) process.kill(pid, "SIGTERM");
    expect(await lab.room.remaining()).toEqual([]);
  });
});
