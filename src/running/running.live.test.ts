/** One running mode: what it is made of, that it shares nothing, and what becomes of one that does not start. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createProcessEngine } from "../engines/process.ts";
import { SandboxError } from "../errors.ts";
import type { Connection } from "../model.ts";
import { selectMode } from "../select.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { WireSession } from "../wire/session.ts";
import { previewConfigs } from "./configure.ts";
import { type RunningMode, type StartOptions, startMode } from "./running.ts";

let room: Room;
let running: RunningMode[];
beforeAll(() => realServer());
beforeEach(async () => {
  room = await openRoom("running");
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
  await room[Symbol.asyncDispose]();
});

async function engine(folder = "a", binary?: string) {
  const { path, version, source } = await realServer();
  return createProcessEngine({ binary: binary ?? path, version, source, dir: join(room.work, folder) });
}

async function start(mode: string, options: Partial<StartOptions> = {}): Promise<RunningMode> {
  const one = await startMode(selectMode(mode), { engine: await engine(), ...options });
  running.push(one);
  return one;
}

async function getsIn(connection: Connection): Promise<boolean> {
  const session = new WireSession(connection, { deadline: performance.now() + 10_000 });
  try {
    await session.open();
    await session.connect();
    return true;
  } catch {
    return false;
  } finally {
    session.close();
  }
}

it("lets its clients in, and not their twins that differ in one thing", async () => {
  const [mutual, password] = [await start("tls-verify"), await start("user-pass")];
  expect(await getsIn(mutual.connection())).toBe(true);
  expect(await getsIn(mutual.connection("app", { present: "stranger" }))).toBe(false);
  expect(await getsIn(mutual.connection("app", { present: null }))).toBe(false);
  expect(await getsIn(mutual.connection("app", { trust: "stranger" }))).toBe(false);
  expect(await getsIn(password.connection())).toBe(true);
  expect(await getsIn(password.connection("app", { login: null }))).toBe(false);
});

describe("made anew under the live server", () => {
  it("its secrets: the old login is turned away, the new one gets in, and neither is in a text that it redacts", async () => {
    const one = await start("tls-user-pass");
    const before = one.connection();
    expect(await one.renew({ secrets: true })).toBe(true);
    const after = one.connection();
    expect(after.url).toBe(before.url);
    expect(after.tls).toEqual(before.tls);
    expect(await Promise.all([before, after].map(getsIn))).toEqual([false, true]);
    const log = `[ERR] ${before.login?.password} is not ${after.login?.password}`;
    expect(one.redact(log)).toBe("[ERR] [secret] is not [secret]");
  });

  it("its certificates: who trusts the old CA does not go on, the login stays", async () => {
    const one = await start("tls-user-pass");
    const before = one.connection();
    expect(await one.renew({ certificates: true })).toBe(true);
    const after = one.connection();
    expect(after.login).toEqual(before.login);
    expect(await Promise.all([before, after].map(getsIn))).toEqual([false, true]);
  });

  it("both, asked for side by side: neither undoes the other", async () => {
    const one = await start("tls-user-pass");
    const before = one.connection();
    await Promise.all([one.renew({ certificates: true }), one.renew({ secrets: true })]);
    const after = one.connection();
    const [oldLogin, oldCa] = [{ login: before.login }, { tls: before.tls }] as Partial<Connection>[];
    const mixed = [
      { ...after, ...oldLogin },
      { ...after, ...oldCa },
    ];
    expect(await Promise.all([...mixed, after].map(getsIn))).toEqual([false, false, true]);
  });

  it("or nothing of the kind: it says so", async () => {
    expect(await (await start("open")).renew({ certificates: true })).toBe(false);
    expect(await (await start("tls")).renew({ secrets: true })).toBe(false);
  });
});

it("in lame duck mode ends without being missed, and a restart brings it back", async () => {
  const lost: string[] = [];
  const one = await start("user-pass", { onLost: (name) => lost.push(name) });
  const before = one.connection();
  await one.lameDuck();
  await (await one.server("server")).ended;
  expect(await getsIn(before)).toBe(false);
  await one.restart();
  expect(one.connection().url).toBe(before.url);
  expect(await getsIn(before)).toBe(true);
  expect(lost).toEqual([]);
  expect(one.lost).toEqual([]);
});

it.each([0, 10, 15, 20, 25, 30, 60])(
  "is stopped %s ms into a restart: nothing is up once it says so",
  async (ms) => {
    const one = await start("user-pass");
    const restarting = one.restart().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, ms));
    await one[Symbol.asyncDispose]();
    expect(room.servers()).toEqual([]);
    await restarting;
    expect(await room.remaining()).toEqual([]);
  },
);

it("shares nothing with another one of the same mode", async () => {
  const [one, other] = [
    await start("tls-user-pass"),
    await start("tls-user-pass", { engine: await engine("b") }),
  ];
  expect(one.ca).not.toBe(other.ca);
  expect(one.connection().login).not.toEqual(other.connection().login);
  const [mine, theirs] = [one.connection(), other.connection()];
  expect(await getsIn({ ...mine, url: theirs.url })).toBe(false);
  expect(await getsIn({ ...theirs, url: mine.url })).toBe(false);
  expect(await getsIn({ ...theirs, ...(mine.login && { login: mine.login }) })).toBe(false);
  expect(await getsIn(theirs)).toBe(true);
});

it("tells the config that is on disk", async () => {
  const mode = await start("permissions");
  const onDisk = readFileSync(join(room.work, "a/permissions/server/server.conf"), "utf8");
  expect(mode.config("server")).toBe(onDisk);
});

it("starts what only checks need when it is asked for, once, and never hands it out", async () => {
  const mode = await start("user-pass");
  expect(mode.serverNames).toEqual(["server"]);
  expect(room.servers()).toHaveLength(1);
  const [first, second] = await Promise.all([mode.server("reserved"), mode.server("reserved")]);
  expect(first).toBe(second);
  expect(room.servers()).toHaveLength(2);
  await mode[Symbol.asyncDispose]();
  expect(room.servers()).toEqual([]);
});

it("opens the monitoring port only when asked to, on loopback", async () => {
  const [without, monitored] = [await start("open"), await start("tls", { monitor: true })];
  const addresses = async (mode: RunningMode) => (await mode.server("server")).listeners();
  expect(await addresses(without)).toHaveLength(1);
  expect((await addresses(monitored)).map(({ host }) => host)).toEqual(["127.0.0.1", "127.0.0.1"]);
});

it("has certificates that are good for the hosts asked for, and for no others", async () => {
  const mode = await start("tls", { hosts: ["nats.example.test", "192.0.2.7"] });
  for (const verifyAs of ["localhost", "127.0.0.1", "nats.example.test", "192.0.2.7"])
    expect(await getsIn(mode.connection("app", { verifyAs })), verifyAs).toBe(true);
  for (const verifyAs of ["other.example.test", "192.0.2.8"])
    expect(await getsIn(mode.connection("app", { verifyAs })), verifyAs).toBe(false);
});

it("is known beforehand by its config, for which nothing is started", async () => {
  const mode = await start("token");
  const placement = { root: "/somewhere", host: "127.0.0.1", ports: { client: -1 } };
  const { version } = await realServer();
  const preview = (await previewConfigs(selectMode("token"), () => placement, version)).get("server") ?? "";
  const plain = (config: string) => config.replace(/token: ".*"/, "token: …");
  expect(plain(preview)).toBe(plain(mode.config("server")));
  expect(preview).not.toBe(mode.config("server"));
  expect(room.servers()).toHaveLength(1);
});

describe("one that does not start", () => {
  /** Makes the server quote the secret of its config as it refuses it, and keeps that config. */
  async function quoting(): Promise<string> {
    const { path } = await realServer();
    const copy = join(room.dir, "scripts/copy.conf");
    const line = `sed -n 's/^ *\\(password\\|token\\): \\(".*"\\) .*/listen: \\2/p'`;
    return room.script(
      "quoting",
      `${line} "$2" > extra; cat extra >> "$2"; cp "$2" '${copy}'; exec '${path}' "$@"`,
    );
  }

  it.each(["user-pass", "token", "user-pass-bcrypt"])(
    "says why, without the secret of %s that its server quotes",
    async (mode) => {
      const starting = start(mode, { engine: await engine("a", await quoting()) });
      const error = await starting.catch((reason: unknown) => reason);
      if (!(error instanceof SandboxError)) throw new Error(`expected a SandboxError, got ${error}`);
      expect(error).toMatchObject({
        code: "start-failed",
        message: expect.stringContaining(`${mode}/server`),
      });
      expect(error.detail).toContain('could not parse address string "[secret]"');
      const [, secret = ""] =
        /^listen: "(.*)"$/m.exec(readFileSync(join(room.dir, "scripts/copy.conf"), "utf8")) ?? [];
      expect(secret.length).toBeGreaterThan(20);
      for (const text of [error.message, error.detail, error.fix, error.stack, String(error.cause)])
        expect(text).not.toContain(secret);
      expect(await room.remaining()).toEqual([]);
    },
  );

  it("because nobody wants it any more leaves nothing running", async () => {
    const controller = new AbortController();
    const starting = start("tls-verify", { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(starting).rejects.toThrow("enough");
    expect(await room.remaining()).toEqual([]);
  });
});
