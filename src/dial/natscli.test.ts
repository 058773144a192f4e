import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import type { Connection } from "../model.ts";
import { fakeProgram } from "../testing/fake-program.ts";
import { TlsContexts } from "../wire/tls-contexts.ts";
import { dial } from "./dial.ts";
import { findNatscli, natscliVersion } from "./natscli.ts";

let home: string;
let scratch: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "natscli-"));
  scratch = join(home, "scratch");
  await mkdir(scratch);
  vi.stubEnv("PATH", join(home, "bin"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

const PLAIN: Connection = { url: "nats://localhost:4222", transport: "nats" };

/** Dials by a `nats` that does this; nothing listens behind the tap, so that no fake gets in by mistake. */
async function run(script: string, connection: Partial<Connection> = {}, timeout = 20_000) {
  const fake = await fakeProgram({ dir: join(home, "bin"), name: "nats", script });
  const nobody = createServer();
  await once(nobody.listen(0, "127.0.0.1"), "listening");
  const { port } = nobody.address() as { port: number };
  nobody.close();
  const { trace } = await dial({
    driver: "natscli",
    connection: { ...PLAIN, ...connection },
    step: { op: "connect" },
    at: { host: "127.0.0.1", port },
    party: () => PLAIN,
    timeout,
    contexts: new TlsContexts(),
    scratch,
  });
  return { trace, call: fake.call };
}

describe("how the nats CLI is called", () => {
  it("has every secret in its environment and none in its arguments", async () => {
    const login = { user: "app", password: "hush-password", token: "hush-token" };
    const present = { chain: "PEM chain", key: "hush-key" };
    const { call } = await run("", { login, tls: { ca: "PEM ca", present } });
    const { args, env, files } = await call();
    expect(args).toEqual([expect.stringMatching(/^--timeout=\d+ms$/), "pub", "nats-sandbox.check", "hello"]);
    expect(env).toMatchObject({ NATS_USER: "app", NATS_PASSWORD: "hush-password", NATS_TOKEN: "hush-token" });
    expect(files).toEqual({
      NATS_CA: { text: "PEM ca", mode: 0o600 },
      NATS_CERT: { text: "PEM chain", mode: 0o600 },
      NATS_KEY: { text: "hush-key", mode: 0o600 },
    });
  });

  it("has nothing of the environment of its caller", async () => {
    for (const name of [
      "NATS_CERT",
      "NATS_CREDS",
      "NATS_CONTEXT",
      "NATS_USER",
      "XDG_CONFIG_HOME",
      "SSL_CERT_FILE",
    ])
      vi.stubEnv(name, "/of/the/caller");
    const { env } = await (await run("")).call();
    expect(Object.keys(env).sort()).toEqual(["HOME", "NATS_URL", "XDG_CONFIG_HOME"]);
    expect(env.HOME).toMatch(new RegExp(`^${scratch}/natscli-`));
    expect(env.XDG_CONFIG_HOME).toBe(env.HOME);
  });

  it("dials the tap, by the name and with the login that the URL has", async () => {
    const { env } = await (await run("", { url: "tls://a%3Ab:c%40d@localhost:4222" })).call();
    expect(env.NATS_URL).toMatch(/^tls:\/\/a%3Ab:c%40d@localhost:\d+$/);
    expect(env.NATS_URL).not.toContain(":4222");
    expect(env).not.toHaveProperty("NATS_USER");
  });

  it("leaves nothing behind", async () => {
    for (const script of ["", "process.exit(1)", 'process.kill(process.pid, "SIGKILL")']) {
      await run(script, { tls: { ca: "PEM" } });
      expect(await readdir(scratch)).toEqual([]);
    }
  });
});

describe("what comes out of it", () => {
  const says = (text: string, code = 1) =>
    `require("node:fs").writeSync(2, ${JSON.stringify(`${text}\n`)}); process.exit(${code});`;

  it("is in when it ends well", async () => {
    const { trace } = await run(says("Published 5 bytes", 0));
    expect(trace).toMatchObject({ pong: true, complete: true, errors: [] });
    expect(trace.failure).toBeUndefined();
  });

  // The words of natscli 0.5.1 and nats.go 1.55.0, some with the wording of older ones.
  test.each<[string, string]>([
    ["nats: error: nats: secure connection not available", "TLS_NOT_OFFERED"],
    [
      "nats: error: tls: failed to verify certificate: x509: certificate signed by unknown authority",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    ],
    [
      "nats: error: x509: certificate is valid for localhost, not nats.example.test",
      "ERR_TLS_CERT_ALTNAME_INVALID",
    ],
    [
      "nats: error: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs",
      "ERR_TLS_CERT_ALTNAME_INVALID",
    ],
    ["nats: error: nats: no servers available for connection", "ECONNREFUSED"],
    ["nats: error: something new", "ERROR"],
  ])("%s: %s", async (text, code) => {
    const { trace } = await run(says(text));
    expect(trace).toMatchObject({ pong: false, complete: false, open: false, errors: [] });
    expect(trace.failure).toEqual({ code, message: text });
  });

  it("is a refused login where the server says so", async () => {
    const { trace } = await run(says("nats: error: nats: Authorization Violation"));
    expect(trace).toMatchObject({ pong: false, open: false, errors: ["Authorization Violation"] });
  });

  it("is a failure when it ends badly without a word", async () => {
    expect((await run("process.exit(3)")).trace).toMatchObject({ pong: false, failure: { code: "ERROR" } });
    const killed = await run('process.kill(process.pid, "SIGTERM")');
    expect(killed.trace).toMatchObject({ pong: false, failure: { code: expect.any(String) } });
  });

  it("is a deadline when it hangs, and it is ended", async () => {
    const { trace, call } = await run(
      'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);',
      {},
      3_000,
    );
    expect(trace).toMatchObject({ pong: false, failure: { code: "DEADLINE" } });
    const { pid } = await call();
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(await readdir(scratch)).toEqual([]);
  });
});

describe("finding it", () => {
  it("takes the first one on PATH that can be run", async () => {
    const dirs = ["a", "b", "c"].map((name) => join(home, name));
    const [a = "", b = "", c = ""] = dirs;
    await Promise.all(dirs.map((dir) => mkdir(dir)));
    await writeFile(join(a, "nats"), "", { mode: 0o600 });
    await writeFile(join(b, "nats"), "", { mode: 0o700 });
    await writeFile(join(c, "nats"), "", { mode: 0o700 });
    expect(findNatscli(dirs.join(":"))).toBe(join(b, "nats"));
    expect(findNatscli(`:${c}:`)).toBe(join(c, "nats"));
    expect(findNatscli(a)).toBeUndefined();
    await mkdir(join(home, "folder", "nats"), { recursive: true });
    expect(findNatscli(join(home, "folder"))).toBeUndefined();
    expect(findNatscli("")).toBeUndefined();
  });

  it("is a failure, and no exception, where there is none", async () => {
    const { trace } = await dial({
      driver: "natscli",
      connection: PLAIN,
      step: { op: "connect" },
      at: { host: "127.0.0.1", port: 1 },
      party: () => PLAIN,
      timeout: 1_000,
      contexts: new TlsContexts(),
      scratch,
    });
    expect(trace).toMatchObject({ pong: false, failure: { code: "ENOENT" } });
  });
});

test("its version is what it prints, wherever in the text, or unknown", async () => {
  await fakeProgram({
    dir: join(home, "bin"),
    name: "nats",
    script: 'console.log("nats version v0.5.1 (go)")',
  });
  expect(await natscliVersion()).toBe("0.5.1");
  await fakeProgram({ dir: join(home, "bin"), name: "nats", script: 'console.log("development")' });
  expect(await natscliVersion()).toBe("unknown");
});
