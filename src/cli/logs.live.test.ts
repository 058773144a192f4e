/** `logs` from outside: what the servers say, without a secret, as much as is asked for, and as it comes. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { listHandedOut } from "../handed-out.ts";
import { askStatus, portOf, secretsOf, upDetached } from "../testing/cli-detached.ts";
import { eventually } from "../testing/cli-program.ts";
import { openRoom, realServer } from "../testing/cli-room.ts";
import { readInfo, WireSession } from "../wire/session.ts";

vi.setConfig({ testTimeout: 120_000 }); // several lives each, many at once
beforeAll(() => realServer());

/** Comes and goes, and returns the number under which the server's log tells of it. */
async function visit(port: number): Promise<number> {
  return (await readInfo("127.0.0.1", port, performance.now() + 10_000)).client_id ?? -1;
}

describe.concurrent("logs", () => {
  it("prints the lines of every server, of the modes named, the last ones only, or as data", async () => {
    await using room = await openRoom("logs");
    await upDetached(room, ["open", "token"]);
    const lines = async (...args: readonly string[]) => {
      const { status, stdout, stderr } = await room.run(["logs", ...args]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      return stdout.trimEnd().split("\n");
    };
    const all = await lines();
    expect(new Set(all.map((line) => line.split(/ +\|/)[0]))).toEqual(new Set(["open", "token"]));
    for (const mode of ["open", "token"])
      expect(all.filter((line) => line.startsWith(mode) && line.includes("Server is ready"))).toHaveLength(1);
    const ofToken = await lines("token");
    expect(ofToken).toEqual(all.filter((line) => line.startsWith("token")));
    expect(await lines("token", "-n", "3")).toEqual(ofToken.slice(-3));
    expect((await lines("-n", "2")).map((line) => line.split(" ")[0])).toEqual([
      "open",
      "open",
      "token",
      "token",
    ]);
    const { schema, lines: data } = JSON.parse(
      (await room.run(["logs", "token", "--json", "-n", "3"])).stdout,
    );
    expect(schema).toBe(1);
    expect(data.map((one: object) => Object.keys(one))).toEqual(
      Array.from({ length: 3 }, () => ["mode", "server", "line"]),
    );
    expect(ofToken.slice(-1)[0]).toContain(data.at(-1).line);
  });

  it("begins anew after a restart", async () => {
    await using room = await openRoom("logs-restart");
    await upDetached(room);
    const before = (await room.run(["logs"])).stdout;
    await room.run(["restart"]);
    const after = (await room.run(["logs"])).stdout;
    expect(before).toMatch(/cid:\d+[\s\S]*cid:\d+/);
    expect(after.match(/Server is ready/g)).toHaveLength(1);
    expect(after.length).toBeLessThan(before.length / 2);
  });

  it("shows no secret, not even one that a client put where the server repeats it", async () => {
    await using room = await openRoom("logs-secrets");
    const told = await upDetached(room, ["user-pass", "token", "token-bcrypt", "tls-verify"]);
    const secrets = secretsOf(room);
    for (const { connection } of listHandedOut(told.dir)) {
      const secret = connection.login?.password ?? connection.login?.token;
      if (secret === undefined) continue;
      const session = new WireSession(connection, { deadline: performance.now() + 10_000 });
      await session.open();
      await session.connect({ user: secret }).catch(() => {}); // 2.15 repeats what is in the user's place
      session.close();
    }
    const { stdout } = await room.run(["logs"]);
    expect(stdout).toContain("[secret]");
    const json = (await room.run(["logs", "--json"])).stdout;
    expect(secrets.length).toBeGreaterThan(20);
    expect(secrets.filter((secret) => (stdout + json).includes(secret))).toEqual([]);
  });

  it("of a mode, or a sandbox, that is not up is 3", async () => {
    await using room = await openRoom("logs-not-up");
    expect((await room.run(["logs"])).status).toBe(3);
    await upDetached(room);
    const { status, stderr } = await room.run(["logs", "tls"]);
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringMatching(/tls.* is not up[\s\S]*open/),
    });
  });

  it("has the last words of a server that ended by itself", async () => {
    await using room = await openRoom("logs-ended");
    const told = await upDetached(room);
    const cid = await visit(portOf(told));
    for (const pid of room.servers()) process.kill(pid, "SIGKILL");
    await eventually(async () => (await askStatus(room)).exit === 1, "status to tell it");
    expect((await room.run(["logs"])).stdout).toContain(`cid:${cid} - `);
  });
});

describe.concurrent("logs --follow", () => {
  it("goes on with each new connection, through a restart, until Ctrl-C: 130", async () => {
    await using room = await openRoom("logs-follow");
    const told = await upDetached(room, ["open", "token"]);
    const follow = room.start(["logs", "open", "-f", "-n", "1"]);
    await eventually(() => follow.stdout !== "", "the last line");
    const before = follow.stdout;
    expect(before.trimEnd().split("\n")).toHaveLength(1);
    const cid = await visit(portOf(told, "open"));
    await follow.says(new RegExp(`cid:${cid} - .*Client connection closed`));
    expect((await room.run(["restart"])).status).toBe(0);
    await follow.says(/Server is ready/);
    const again = await visit(portOf(told, "open"));
    await eventually(
      () => (follow.stdout.split("Server is ready")[1] ?? "").includes(`cid:${again} - `),
      "the connection after the restart",
    );
    expect(follow.stdout).not.toMatch(/^token/m);
    const { status, stderr } = await follow.end("SIGINT");
    expect({ status, stderr }).toEqual({ status: 130, stderr: "" });
    expect((await askStatus(room)).exit).toBe(0);
  });

  it("ends with the sandbox: 0", async () => {
    await using room = await openRoom("logs-follow-down");
    await upDetached(room);
    const follows = Array.from({ length: 3 }, () => room.start(["logs", "-f"]));
    for (const follow of follows) await follow.says(/Server is ready/);
    expect((await room.run(["down"])).status).toBe(0);
    for (const { ended } of follows) expect(await ended).toMatchObject({ status: 0, stderr: "" });
    expect(await room.remaining()).toEqual([]);
  });

  it("that is closed, or killed, does its owner no harm", async () => {
    await using room = await openRoom("logs-follow-closed");
    const told = await upDetached(room);
    const [closed, killed] = [room.start(["logs", "-f"]), room.start(["logs", "-f"])];
    for (const follow of [closed, killed]) await follow.says(/Server is ready/);
    closed.hangUp("stdout");
    await killed.end("SIGKILL");
    await visit(portOf(told));
    expect(await askStatus(room)).toEqual({ exit: 0, document: told });
    await closed.end("SIGTERM");
  });
});
