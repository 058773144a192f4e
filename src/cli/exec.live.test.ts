/** `exec` from outside: the command's environment, streams, signals and exit status, and that its servers end with it. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { eventually } from "../testing/cli-program.ts";
import { openRoom, type Room } from "../testing/cli-room.ts";

let room: Room;
beforeAll(async () => {
  room = await openRoom("exec");
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

const sh = (script: string) => ["--", "/bin/sh", "-c", script];
const exec = (modes: readonly string[], script: string, env: Record<string, string> = {}, input = "") =>
  room.run(["exec", ...modes, ...sh(script)], { env, input });

/** A program of node that tells its environment, or uses it. */
const node = (script: string) => ["--", process.execPath, "--input-type=module", "-e", script];

afterAll(async () => {
  expect(await room.remaining()).toEqual([]);
  expect(room.left()).toEqual([]);
});

describe("the command", () => {
  it("has its standard streams to itself", async () => {
    const told = await exec(["open"], "read -r line; echo out $line; echo err >&2", {}, "hello\n");
    expect(told).toEqual({ status: 0, stdout: "out hello\n", stderr: "err\n" });
  });

  it("gets in with what its environment says, and not without a part of it", async () => {
    const dial = (spoil: string) => `
      import { readFileSync } from "node:fs";
      import tls from "node:tls";
      import net from "node:net";
      ${spoil}
      const { NATS_URL, NATS_CA, NATS_CERT, NATS_KEY } = process.env;
      const { hostname: host, port } = new URL(NATS_URL);
      const socket = net.connect({ host, port });
      socket.once("data", () => {
        const read = (path) => (path ? readFileSync(path) : undefined);
        const secure = tls.connect({ socket, servername: host, ca: read(NATS_CA), cert: read(NATS_CERT), key: read(NATS_KEY) });
        secure.write("CONNECT {}\\r\\nPING\\r\\n");
        secure.on("data", (data) => process.exit(String(data).includes("PONG") ? 0 : 9));
        secure.on("error", () => process.exit(9));
        secure.on("close", () => process.exit(9));
      });`;
    const right = await room.run(["exec", "tls-verify", ...node(dial(""))]);
    const wrong = await room.run(["exec", "tls-verify", ...node(dial("delete process.env.NATS_CERT;"))]);
    expect([right.status, wrong.status]).toEqual([0, 9]);
  });

  it("inherits the rest of the environment, and nothing stale of ours", async () => {
    const stale = { NATS_CERT: "/old", NATS_CREDS: "/old", NATS_SANDBOX_TLS_URL: "old", OWN: "kept" };
    const { stdout } = await exec(["user-pass"], "/usr/bin/env", stale);
    expect(stdout).not.toContain("old");
    expect(stdout).toMatch(/^OWN=kept$/m);
    expect(stdout).toMatch(/^NATS_URL=nats:\/\/localhost:\d+$/m);
    expect(stdout).toMatch(/^NATS_PASSWORD=[A-Za-z0-9]{24}$/m);
  });

  it("has the variables of the first mode named, and those of each under its name", async () => {
    const { stdout } = await exec(["tls", "user-pass"], "/usr/bin/env");
    const value = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(stdout)?.[1];
    expect(value("NATS_URL")).toMatch(/^tls:/);
    expect(value("NATS_SANDBOX_TLS_URL")).toBe(value("NATS_URL"));
    expect(value("NATS_SANDBOX_USER_PASS_URL")).toMatch(/^nats:/);
    expect([value("NATS_USER"), value("NATS_SANDBOX_USER_PASS_USER")]).toEqual([undefined, "app"]);
    const turned = await exec(["user-pass", "tls"], "/usr/bin/env");
    expect(turned.stdout).toMatch(/^NATS_URL=nats:/m);
  });

  it.each([
    [["core", "tls-verify"], "OPEN"],
    [["tls-verify", "core"], "TLS_VERIFY"],
  ])("has the modes of a group in the place of its name: %j", async (modes, first) => {
    const { stdout } = await exec(modes, `echo $NATS_URL $NATS_SANDBOX_${first}_URL`);
    expect(stdout).toMatch(/^(\S+:\d+) \1\n$/);
  });

  it("takes another client with --as", async () => {
    const { stdout } = await room.run(["exec", "permissions", "--as", "service", ...sh("echo $NATS_USER")]);
    expect(stdout).toBe("service\n");
  });

  it("may have options of its own behind the --", async () => {
    const script = ["--", "/bin/sh", "-c", 'echo "$0 $1 $2"', "--json", "--", "--help"];
    expect((await room.run(["exec", "open", ...script])).stdout).toBe("--json -- --help\n");
  });
});

describe("the exit status", () => {
  test.each([
    ["the command's own", "exit 7", 7],
    ["that of a signal that ended it", "kill -KILL $$", 137],
  ])("is %s", async (_, script, status) => {
    expect((await exec(["open"], script)).status).toBe(status);
  });

  it("is 127 for a command that is not there, 126 for one that cannot be run", async () => {
    const file = join(room.dir, "scripts/plain");
    writeFileSync(file, "no program");
    chmodSync(file, 0o600);
    const [missing, plain] = await Promise.all(
      ["/nowhere/at-all", file].map((path) => room.run(["exec", "open", "--", path])),
    );
    expect([missing?.status, plain?.status]).toEqual([127, 126]);
    expect(missing?.stderr).toContain("/nowhere/at-all cannot be run");
  });

  it("is 125 when the servers do not start, and the command is not run", async () => {
    const server = room.script("broken", "exit 3");
    const told = await room.run(["exec", "open", "--server", server, ...sh("echo ran")]);
    expect({ status: told.status, stdout: told.stdout }).toEqual({ status: 125, stdout: "" });
    expect(told.stderr).toMatch(/^✖ .+\n[\s\S]*→ /);
  });

  test.each([
    ["no command", ["exec", "open"], "no command is named"],
    ["no command behind the --", ["exec", "open", "--"], "no command is named"],
    ["no mode", ["exec", ...sh("true")], "mode"],
    ["an unknown mode", ["exec", "opne", ...sh("true")], "did you mean open?"],
    ["an unknown client", ["exec", "open", "--as", "constructor", ...sh("true")], 'no client "constructor"'],
  ])("is 2 for %s", async (_, args, says) => {
    const { status, stderr } = await room.run(args);
    expect(status).toBe(2);
    expect(stderr).toContain(says);
  });
});

describe("a signal", () => {
  test.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)(
    "%s is passed on; the command decides",
    async (signal) => {
      await using own = await openRoom(`exec-${signal}`);
      const name = signal.slice(3);
      const script = `trap 'echo got it; exit 5' ${name}; echo ready; while :; do /bin/sleep 0.05; done`;
      const program = own.start(["exec", "open", ...sh(script)]);
      await program.says(/ready/);
      const told = await program.end(signal);
      expect(told).toMatchObject({ status: 5, stdout: "ready\ngot it\n" });
      expect(await own.remaining()).toEqual([]);
      expect(own.left()).toEqual([]);
    },
  );

  it("before the command runs ends it all", async () => {
    await using own = await openRoom("exec-early");
    const program = own.start(["exec", "tls-verify", "user-pass-bcrypt", ...sh("echo ran")]);
    await eventually(() => own.servers().length > 0 || !program.running, "a server");
    const { status, stdout } = await program.end("SIGTERM");
    expect([143, 0]).toContain(status); // it may have been over
    expect(stdout).toBe(status === 0 ? "ran\n" : "");
    expect(await own.remaining()).toEqual([]);
    expect(own.left()).toEqual([]);
  });
});
