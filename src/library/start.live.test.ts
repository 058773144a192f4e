/** Modes as a program holds them: who gets in and who does not, by the official client; what can be done to them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NatsOptions } from "../dial/nats-js-options.ts";
import type { ModeName } from "../modes/all.gen.ts";
import { renderReport } from "../report/formats.ts";
import type { SandboxEvent } from "../results.ts";
import type { Room } from "../testing/cli-room.ts";
import { failureOf } from "../testing/engine-lab.ts";
import { openLibraryRoom } from "../testing/library-room.ts";
import type { StartOptions } from "./options.ts";
import { startMode, startSandbox } from "./start.ts";
import type { Twin } from "./twin.ts";

let room: Room;
let options: StartOptions;
beforeEach(async () => {
  ({ room, options } = await openLibraryRoom());
});
afterEach(() => room[Symbol.asyncDispose]());

/** As a user's program connects; with a deadline of its own. */
function dial(how: NatsOptions): Promise<NatsConnection> {
  return connect({ ...how, timeout: 10_000 });
}

/** What it is told, or `in`. */
async function told(how: NatsOptions): Promise<string> {
  try {
    const nc = await dial(how);
    await nc.close();
    return "in";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function pidOf(dir: string, mode: string): number {
  return JSON.parse(readFileSync(join(dir, mode, "server", "server.pid"), "utf8")).pid;
}

const WRONG: readonly (readonly [ModeName, Twin, RegExp])[] = [
  ["user-pass", { login: { password: "wrong" } }, /authorization violation/i],
  ["user-pass-bcrypt", { login: { user: "nobody" } }, /authorization violation/i],
  ["token", { login: { token: "wrong" } }, /authorization violation/i],
  ["token-bcrypt", { login: null }, /authorization violation/i],
  ["permissions", { login: { password: null } }, /authorization violation/i],
  ["tls", { trust: "stranger" }, /unable to verify|self.signed/i],
  ["tls", { trust: null }, /unable to verify|self.signed/i],
  ["tls-verify", { present: null }, /certificate required|bad certificate|ECONNRESET/i],
  ["tls-verify", { present: "stranger" }, /unknown ca|bad certificate|ECONNRESET/i],
  ["tls-user-pass", { login: { password: "wrong" } }, /authorization violation/i],
];

describe.each([...new Set(WRONG.map(([mode]) => mode))])("%s", (name) => {
  it("lets in who it is for, and turns its twins away at once", async () => {
    await using nats = await startMode(name, options);
    expect(await told(nats.connectionOptions())).toBe("in");
    for (const [, twin, why] of WRONG.filter(([mode]) => mode === name))
      expect(await told(nats.connectionOptions("app", twin))).toMatch(why);
    // It was this server that said no, or that saw the client go.
    expect(await nats.logs()).toMatch(/authentication error|TLS handshake error/);
  });
});

it("demands TLS of nats.js wherever the connection is a TLS one, even without a CA", async () => {
  await using sandbox = await startSandbox(["tls", "open"], options);
  const tls = sandbox.mode("tls");
  expect(tls.connectionOptions("app", { trust: null })).toMatchObject({ tls: {}, reconnect: false });
  expect(tls.connectionOptions("app").tls).toHaveProperty("ca");
  expect(sandbox.mode("open").connectionOptions()).not.toHaveProperty("tls");
  // Told of a server without TLS, it does not go on in plaintext.
  expect(await told({ ...tls.connectionOptions(), servers: sandbox.mode("open").url })).toMatch(/tls/i);
});

it("has the environment and the files of each client, none of them other people's", async () => {
  await using sandbox = await startSandbox(["tls-verify", "permissions"], options);
  const [mutual, permissions] = [sandbox.mode("mtls"), sandbox.mode("permissions")];
  const { ca, cert, key } = mutual.files();
  expect(mutual.environment()).toMatchObject({
    NATS_URL: mutual.url,
    NATS_CA: ca,
    NATS_CERT: cert,
    NATS_KEY: key,
  });
  expect(readFileSync(ca ?? "", "utf8")).toBe(mutual.connection().tls?.ca);
  expect(permissions.environment("service").NATS_USER).not.toBe(permissions.environment().NATS_USER);
  expect(sandbox.environment()).toMatchObject({
    NATS_URL: mutual.url,
    NATS_SANDBOX_PERMISSIONS_URL: permissions.url,
  });
});

it("rotates: the old credentials and certificates are over, the new ones are at the same paths", async () => {
  await using nats = await startMode("tls-user-pass", options);
  const [before, files, env] = [nats.connectionOptions(), nats.files(), nats.environment()];
  const old = await dial({ ...before, reconnect: false });
  expect(await nats.rotate()).toBe(true);
  await old.closed(); // it was let in by a password that is no more
  expect(await told(nats.connectionOptions())).toBe("in");
  expect(await told({ ...before, reconnect: false })).not.toBe("in");
  expect(await told({ ...nats.connectionOptions(), pass: before.pass ?? "", reconnect: false })).toMatch(
    /authorization/i,
  );
  expect(nats.files()).toEqual(files);
  expect(readFileSync(files.ca ?? "", "utf8")).toBe(nats.connection().tls?.ca);
  expect(nats.environment().NATS_PASSWORD).not.toBe(env.NATS_PASSWORD);
  expect(await nats.rotate({ secrets: false })).toBe(false);
});

it("restarts and reloads under its clients, who find it at the same place", async () => {
  await using nats = await startMode("token", options);
  const { url } = nats;
  const nc = await dial(nats.connectionOptions());
  const back = (async () => {
    for await (const { type } of nc.status()) if (type === "reconnect") return;
  })();
  await nats.restart();
  await back;
  await nats.reload();
  await nc.flush();
  expect(nats.url).toBe(url);
  expect(await nats.logs()).toContain("Reloaded server configuration");
  await nc.close();
});

it("in lame duck mode tells its clients, takes no new ones, and comes back by a restart", async () => {
  await using nats = await startMode("open", options);
  const nc = await dial({ ...nats.connectionOptions(), reconnect: false });
  const leaving = (async () => {
    for await (const { type } of nc.status()) if (type === "ldm") return true;
    return false;
  })();
  await nats.lameDuck();
  expect(await leaving).toBe(true);
  expect(await told({ ...nats.connectionOptions(), reconnect: false })).not.toBe("in");
  await nc.close();
  await nats.restart();
  expect(await told(nats.connectionOptions())).toBe("in");
});

it("tells of a server that ended by itself, in its own words, and a restart makes it good", async () => {
  const events: unknown[] = [];
  await using sandbox = await startSandbox(["user-pass"], {
    ...options,
    onEvent: (event) => events.push(event),
  });
  const nats = sandbox.mode("user-pass");
  for (const _ of ["first", "second"]) {
    process.kill(pidOf(sandbox.dir, "user-pass"), "SIGKILL");
    expect(await nats.lost).toMatchObject({
      code: "server-lost",
      message: "the nats-server of user-pass ended by itself",
      detail: expect.stringMatching(/^nats-server \S+ said: nothing of its end; its last line is: \[\w+\] /),
    });
    await nats.restart();
    expect(await told(nats.connectionOptions())).toBe("in");
  }
  expect(events).toContainEqual({ type: "phase", mode: "user-pass", phase: "lost" });
});

it("whoever waits for its loss before a restart is told of one after it", async () => {
  await using sandbox = await startSandbox(["open"], options);
  const { lost } = sandbox.mode("open");
  await sandbox.mode("open").restart();
  process.kill(pidOf(sandbox.dir, "open"), "SIGKILL");
  expect(await lost).toMatchObject({ code: "server-lost" });
  const gone = await failureOf(sandbox.mode("open").resetJetStream());
  expect(gone).toMatchObject({ code: "server-lost", detail: expect.stringMatching(/ECONNREFUSED|closed/) });
});

it("a restart in the moment of a loss is not told of that loss", async () => {
  let restarted: Promise<void> | undefined;
  const onEvent = (event: SandboxEvent) => {
    if (event.type === "phase" && event.phase === "lost") restarted = sandbox.mode("open").restart();
  };
  await using sandbox = await startSandbox(["open"], { ...options, onEvent });
  const { lost } = sandbox.mode("open");
  process.kill(pidOf(sandbox.dir, "open"), "SIGKILL");
  await lost;
  await restarted;
  const pause = new Promise((resolve) => setTimeout(resolve, 200, "nothing"));
  expect(await Promise.race([sandbox.mode("open").lost, pause])).toBe("nothing");
});

it("shows no secret in its logs and errors, not even one that a client gave for a name", async () => {
  await using sandbox = await startSandbox(["user-pass"], options);
  const nats = sandbox.mode("user-pass");
  const password = nats.connection().login?.password ?? "";
  await told(nats.connectionOptions("app", { login: { user: password } }));
  process.kill(pidOf(sandbox.dir, "user-pass"), "SIGKILL");
  const said = [JSON.stringify(await nats.lost), await nats.logs()];
  for (const work of [nats.reload(), nats.lameDuck()]) said.push(JSON.stringify(await failureOf(work)));
  for (const text of said) expect(text).not.toContain(password);
  expect(said.join("")).toContain("[secret]");
});

it("that is stopped while it is checked says so", async () => {
  const sandbox = await startSandbox(["core"], options);
  const checking = failureOf(sandbox.check());
  await sandbox.stop();
  expect(await checking).toMatchObject({ code: "aborted" });
});

it("forgets the streams of an account, and only where there are any", async () => {
  await using nats = await startMode("user-pass", { ...options, jetstream: true });
  const nc = await dial(nats.connectionOptions());
  const ask = async (what: string, body: object) =>
    (await nc.request(`$JS.API.STREAM.${what}`, JSON.stringify(body))).json<{ streams?: string[] | null }>();
  const make = (name: string) => ask(`CREATE.${name}`, { name, subjects: [`${name}.>`], storage: "memory" });
  await Promise.all(["a", "KV_b", "OBJ_c"].map(make));
  expect((await ask("NAMES", {})).streams).toHaveLength(3);
  await nats.resetJetStream();
  expect((await ask("NAMES", {})).streams ?? []).toEqual([]);
  await nats.resetJetStream();
  await nc.close();
  await using without = await startMode("open", options);
  expect(await failureOf(without.resetJetStream())).toMatchObject({ code: "usage" });
});

it("checks itself on request", async () => {
  await using nats = await startMode("tls", options);
  const report = await nats.check();
  const { results } = report;
  expect(results.length).toBeGreaterThan(10);
  expect(await renderReport("junit", report)).toContain(`tests="${results.length}"`);
  expect(results.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
});
