/** The life of a detached sandbox from outside: it stays when its command has ended, tells what it is, and goes when told. */
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import {
  answers,
  askStatus,
  clientsGetIn,
  gone,
  keepers,
  lives,
  nothingRuns,
  portOf,
  secretsOf,
  serverAt,
  upDetached,
} from "../testing/cli-detached.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";

vi.setConfig({ testTimeout: 120_000 }); // several lives each, many at once
beforeAll(() => realServer());

describe.concurrent("up --detach", () => {
  it("returns, its pipes closed, and the servers answer after it has ended, until down", async () => {
    await using room = await openRoom("detached");
    // `run` waits for the end of both pipes: a keeper that held one would be waited for.
    const { status, stdout, stderr } = await room.run(["up", "-d", "tls-verify", "user-pass", "open"]);
    expect({ status, trouble: status === 0 ? [] : [stdout, stderr] }).toEqual({ status: 0, trouble: [] });
    expect(stdout).toContain("nats-sandbox down stops everything.");
    expect(await clientsGetIn(join(room.state, "default"))).toEqual([true, true, true]);
    expect(keepers(room)).toHaveLength(1);
    expect(room.servers()).toHaveLength(3); // none of those that only checks need
    const down = await room.run(["down"]);
    expect({ status: down.status, said: down.stderr }).toEqual({ status: 0, said: "default is stopped\n" });
    await nothingRuns(room);
    expect(room.lasting().length).toBeGreaterThan(3);
  });

  it.skipIf(process.platform !== "linux")(
    "leaves a keeper with no terminal, no pipe, no session of ours",
    async () => {
      await using room = await openRoom("detached-fds");
      const { owner } = await upDetached(room);
      for (const fd of [0, 1, 2]) expect(readlinkSync(`/proc/${owner}/fd/${fd}`)).toBe("/dev/null");
      // After the name in parentheses: state, parent, group, session, terminal. See proc(5).
      const [, , , session, terminal] =
        readFileSync(`/proc/${owner}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      expect({ session, terminal }).toEqual({ session: String(owner), terminal: "0" });
    },
  );

  it("says the same as status, in the documented shape, and holds no secret", async () => {
    await using room = await openRoom("detached-status");
    const told = await upDetached(room, ["tls-user-pass", "token-bcrypt", "--monitor"]);
    const { exit, document } = await askStatus(room);
    expect({ exit, document }).toEqual({ exit: 0, document: told });
    const dir = join(room.state, "default");
    const checks = {
      pass: expect.any(Number),
      fail: 0,
      inconclusive: 0,
      deviates: 0,
      skip: expect.any(Number),
    };
    const ports = { client: expect.any(Number), monitor: expect.any(Number) };
    const { version } = await realServer();
    const mode = (name: string, scheme: string, files: object) => ({
      mode: name,
      state: "ready",
      url: expect.stringMatching(new RegExp(`^${scheme}://localhost:\\d+$`)),
      servers: [{ id: "server", version, ports }],
      clients: {
        app: {
          context: join(dir, name, "clients/app/context.json"),
          url: expect.stringMatching(/^\w+:\/\/localhost:\d+$/),
          ...files,
          envFile: join(dir, name, "app.env"),
        },
      },
      checks,
    });
    expect(told).toEqual({
      schema: 1,
      name: "default",
      dir,
      engine: "process",
      owner: keepers(room)[0],
      modes: expect.arrayContaining([
        mode("tls-user-pass", "tls", { ca: join(dir, "tls-user-pass/clients/app/ca.pem") }),
        mode("token-bcrypt", "nats", {}),
      ]),
      skipped: expect.any(Array),
    });
    expect(told.modes).toHaveLength(2);
    const text = await room.run(["status"]);
    expect({ status: text.status, stderr: text.stderr }).toEqual({ status: 0, stderr: "" });
    expect(text.stdout).toMatch(new RegExp(`^default · process engine · process ${told.owner}\n`));
    for (const { mode: name, url } of told.modes)
      expect(text.stdout).toMatch(new RegExp(`^ {2}✔ ${name} +${url} +\\d+/\\d+ checks passed$`, "m"));
    const secrets = secretsOf(room);
    expect(secrets.length).toBeGreaterThan(5);
    expect(secrets.filter((secret) => (JSON.stringify(document) + text.stdout).includes(secret))).toEqual([]);
  });

  it("of ten at once of one name goes to exactly one, the others say who has it", async () => {
    await using room = await openRoom("detached-race");
    const ups = await Promise.all(Array.from({ length: 10 }, () => room.run(["up", "-d", "open"])));
    expect(ups.map(({ status }) => status).sort()).toEqual([0, ...Array.from({ length: 9 }, () => 3)]);
    const { document } = await askStatus(room);
    for (const { stderr } of ups.filter(({ status }) => status !== 0))
      expect(stderr).toMatch(
        new RegExp(`the sandbox default is already up\n {2}process ${document.owner} owns it`),
      );
    expect(keepers(room)).toEqual([document.owner]);
    expect((await room.run(["down"])).status).toBe(0);
    await nothingRuns(room);
  });

  it("works below a path that is longer than a socket's may be", async () => {
    await using room = await openRoom("detached-long");
    const env = {
      NATS_SANDBOX_HOME: join(room.work, ...Array.from({ length: 8 }, () => "a-folder-of-a-long-path")),
    };
    const told = await upDetached(room, ["open"], { env });
    expect(Buffer.byteLength(told.dir)).toBeGreaterThan(200);
    expect((await askStatus(room, [], { env })).document).toEqual(told);
    expect((await room.run(["logs", "-n", "1"], { env })).stdout).toMatch(/^open/);
    expect((await room.run(["restart"], { env })).status).toBe(0);
    expect((await room.run(["down"], { env })).status).toBe(0);
    await gone(room);
  });

  it("with --ttl ends by itself, and says when", async () => {
    await using room = await openRoom("detached-ttl");
    const before = Date.now();
    const { until = "", owner } = await upDetached(room, ["open", "--ttl", "2s"]);
    expect(Date.parse(until) - before).toBeGreaterThanOrEqual(2_000);
    expect(Date.parse(until)).toBeLessThanOrEqual(Date.now() + 2_000);
    await gone(room);
    expect(lives(owner)).toBe(false);
    await nothingRuns(room);
    expect((await askStatus(room)).exit).toBe(3);
  });
});

describe.concurrent("several names", () => {
  const NAMES = Array.from({ length: 20 }, (_, index) => `n${index}`);

  it("twenty come up side by side, are told by status --all, and end by down --all", async () => {
    await using room = await openRoom("detached-many");
    const told = await Promise.all(NAMES.map((name) => upDetached(room, ["open", "--name", name])));
    expect(new Set(told.map((one) => portOf(one))).size).toBe(NAMES.length);
    const { exit, document } = await askStatus(room, ["--all"]);
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    expect(exit).toBe(0);
    expect(Object.keys(document)).toEqual(["schema", "sandboxes"]);
    expect(document.sandboxes.sort(byName)).toEqual(told.sort(byName));
    const text = (await room.run(["status", "--all"])).stdout;
    expect(text.match(/^n\d+ · process engine/gm)).toHaveLength(NAMES.length);
    const servers = () => Promise.all(told.map((one) => serverAt(portOf(one))));
    const before = await servers();
    expect(new Set(before).size).toBe(NAMES.length);
    const down = await room.run(["down", "--all", "--json"]);
    expect(JSON.parse(down.stdout).stopped.sort()).toEqual([...NAMES].sort());
    await nothingRuns(room);
    expect((await servers()).filter((one) => one !== undefined && before.includes(one))).toEqual([]);
  });

  it("down and restart of one leave the other alone", async () => {
    await using room = await openRoom("detached-two");
    await upDetached(room, ["open", "--name", "one"]);
    const other = await upDetached(room);
    const servers = room.servers();
    await room.run(["restart", "--name", "one"]);
    expect(room.servers().filter((pid) => servers.includes(pid))).toHaveLength(1);
    await room.run(["down", "--name", "one"]);
    expect(room.servers()).toHaveLength(1);
    expect(await answers(portOf(other))).toBe(true);
    expect((await askStatus(room)).document).toEqual(other);
    expect((await askStatus(room, ["--name", "one"])).exit).toBe(3);
  });
});

describe.concurrent("restart", () => {
  const pids = (room: Room) => new Map([...room.processes()].filter(([pid]) => room.servers().includes(pid)));

  it("gives every server, or those of one mode, another process on the same ports", async () => {
    await using room = await openRoom("restart");
    const told = await upDetached(room, ["tls-verify", "token"]);
    const [before, keeper] = [pids(room), keepers(room)];
    const { status, stdout } = await room.run(["restart", "token", "--json"]);
    expect({ status, document: JSON.parse(stdout) }).toEqual({ status: 0, document: told });
    const between = pids(room);
    const kept = [...between].filter(([pid]) => before.has(pid));
    expect(kept.map(([, args]) => /default\/(.*)\/server\//.exec(args)?.[1])).toEqual(["tls-verify"]);
    expect((await room.run(["restart"])).stdout).toMatch(/✔ token/);
    expect([...pids(room).keys()].filter((pid) => before.has(pid) || between.has(pid))).toEqual([]);
    expect(pids(room).size).toBe(2);
    expect(await clientsGetIn(told.dir)).toEqual([true, true]);
    expect(keepers(room)).toEqual(keeper);
  });

  it("of a mode that is not up changes nothing, and names those that are", async () => {
    await using room = await openRoom("restart-not");
    await upDetached(room);
    const before = room.servers();
    const { status, stderr } = await room.run(["restart", "token"]);
    expect(status).toBe(3);
    expect(stderr).toMatch(/token.* is not up[\s\S]*open/);
    expect(room.servers()).toEqual(before);
  });

  it("brings back a server that ended by itself, which status tells with 1", async () => {
    await using room = await openRoom("restart-ended");
    const told = await upDetached(room, ["open", "token"]);
    const [pid = 0] = [...pids(room)].flatMap(([one, args]) => (args.includes("/token/") ? [one] : []));
    process.kill(pid, "SIGKILL");
    let asked = await askStatus(room);
    for (let look = 0; asked.exit === 0 && look < 50; look += 1) asked = await askStatus(room);
    expect(asked.exit).toBe(1);
    const states = Object.fromEntries(
      asked.document.modes.map((one: { mode: string; state: string }) => [one.mode, one.state]),
    );
    expect(states).toEqual({ open: "ready", token: "ended" });
    const text = await room.run(["status"]);
    expect({ status: text.status, row: text.stdout.match(/✖ token.*/)?.[0] }).toEqual({
      status: 1,
      row: expect.stringContaining("its server ended by itself"),
    });
    expect((await room.run(["status", "--all"])).status).toBe(1);
    expect((await room.run(["restart", "token"])).status).toBe(0);
    expect(await askStatus(room)).toEqual({ exit: 0, document: told });
    expect((await room.run(["down"])).status).toBe(0);
    await nothingRuns(room);
  });
});
