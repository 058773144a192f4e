import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { classify } from "../classify.ts";
import type { ClientSpec, DriverName, Refusal } from "../model.ts";
import type { RunningMode } from "../running/running.ts";
import { type Sandbox, startSandbox } from "../sandbox.ts";
import { selectModes } from "../select.ts";
import { TlsContexts } from "../wire/tls-contexts.ts";
import { dialWithDefaultTrust } from "./default-trust.ts";
import { dial } from "./dial.ts";
import { findNatscli } from "./natscli.ts";
import type { DialStep } from "./steps.ts";

let home: string;
let sandbox: Sandbox;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "dial-live-"));
  const modes = selectModes(["user-pass", "token", "permissions", "tls-verify", "tls-user-pass"]);
  sandbox = await startSandbox(modes, { home: join(home, "state"), name: "dial" });
});
afterAll(async () => {
  await sandbox?.stop();
  await rm(home, { recursive: true, force: true });
});

function modeOf(name: string): RunningMode {
  const found = sandbox.running.find(({ mode }) => mode.name === name);
  if (found === undefined) throw new Error(`${name} is not up`);
  return found;
}

async function run(driver: DriverName, mode: string, but: ClientSpec, step: DialStep = { op: "connect" }) {
  const running = modeOf(mode);
  const server = await running.server("server");
  const { trace, tap } = await dial({
    driver,
    connection: running.connection("app", but),
    step,
    at: server.address("client"),
    party: (client) => running.connection(client),
    timeout: 30_000,
    contexts: new TlsContexts(),
    scratch: home,
    tapped: true,
  });
  const story = await server.story(trace.clientId ?? -1, 5_000);
  return { trace, tap, story, got: classify(trace, story).got };
}

const WRONG = { login: { user: "$app.user", password: "$wrong.password" } } as const;

/** What every driver must agree on with the judge. */
const CASES: readonly (readonly [string, ClientSpec, "ok" | Refusal])[] = [
  ["user-pass", {}, "ok"],
  ["user-pass", WRONG, "login"],
  ["user-pass", { login: null }, "login"],
  ["token", {}, "ok"],
  ["token", { login: { token: "$wrong.token" } }, "login"],
  ["tls-user-pass", {}, "ok"],
  ["tls-user-pass", WRONG, "login"],
  ["tls-user-pass", { trust: "stranger" }, "server-untrusted"],
  ["tls-verify", {}, "ok"],
];

const drivers: readonly DriverName[] = [
  "wire",
  "nats.js",
  ...(findNatscli() === undefined ? [] : (["natscli"] as const)),
];

describe.each(drivers)("%s", (driver) => {
  test.each(CASES)("%s, but %j: %s", async (mode, but, expected) => {
    const { got, tap, story, trace } = await run(driver, mode, but);
    expect(got).toBe(expected);
    // The tap named the very connection that the server logged.
    expect(tap?.clientId).toBe(trace.clientId);
    expect(story[0]).toContain(` - cid:${trace.clientId} - Client connection created`);
    if (mode.startsWith("tls")) expect(tap).toMatchObject({ tls: true, plaintext: "" });
  });

  it("leaves nothing behind", async () => {
    await run(driver, "tls-verify", {});
    expect(await readdir(home)).toEqual(["state"]);
  });
});

test("nats.js is refused a subject by the server, and says so as the probe does", async () => {
  const publish: DialStep = { op: "publish", subject: "payments.new" };
  const subscribe: DialStep = { op: "subscribe", subject: "payments.new" };
  for (const driver of ["wire", "nats.js"] as const) {
    expect((await run(driver, "permissions", {}, publish)).got).toBe("publish");
    expect((await run(driver, "permissions", {}, subscribe)).got).toBe("subscribe");
  }
});

test("a program with the mode's CA in its default trust store gets in, and one without does not", async () => {
  const running = modeOf("tls-user-pass");
  const at = (await running.server("server")).address("client");
  const request = { connection: running.connection("app", { trust: null }), at };
  const [[trusting], [other]] = await Promise.all([
    dialWithDefaultTrust([request], running.ca, home),
    dialWithDefaultTrust([request], undefined, home),
  ]);
  expect(trusting).toMatchObject({ pong: true, connectSent: "encrypted" });
  expect(other).toMatchObject({ pong: false, connectSent: "no" });
  expect(other && classify(other, []).got).toBe("server-untrusted");
});
