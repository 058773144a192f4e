/** `env` from outside: every format gets in where it is meant to be read, and nothing stale comes along. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { findNatscli } from "../dial/natscli.ts";
import { MAIN, openRoom, type Room } from "../testing/cli-room.ts";

const MODES = ["tls-verify", "user-pass", "token", "tls", "permissions", "open"];
const natscli = findNatscli();

let room: Room;
beforeAll(async () => {
  room = await openRoom("env it's a 'dir'");
  if (natscli !== undefined) symlinkSync(natscli, join(room.dir, "bin/nats"));
  await room.start(["up", ...MODES, "--quiet"]).says(/Ctrl-C stops everything/);
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

type Env = Readonly<Record<string, string>>;

async function jsonOf(args: readonly string[]) {
  const { status, stdout, stderr } = await room.run(["env", ...args, "--format", "json"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
}

/** Names and values that begin with NATS_, as a POSIX shell has them after these commands. */
function inShell(commands: string, env: Env = {}): Env {
  const text = execFileSync("/bin/sh", ["-euc", `${commands}\nexec /usr/bin/env -0`], {
    cwd: room.work,
    env: { ...room.env, NODE: process.execPath, MAIN, ...env },
    encoding: "utf8",
  });
  const pairs = text.split("\0").map((line) => line.split(/=(.*)/s));
  return Object.fromEntries(
    pairs.filter(([name = ""]) => name.startsWith("NATS_") && !/_(SERVER|HOME)$/.test(name)),
  );
}

const load = (args: string) => `eval "$("$NODE" "$MAIN" env ${args})"`;

describe("json", () => {
  it("has the environment of the client app, which its files bear out", async () => {
    const { schema, mode, client, env } = await jsonOf(["tls-verify"]);
    expect({ schema, mode, client }).toEqual({ schema: 1, mode: "tls-verify", client: "app" });
    expect(env.NATS_URL).toMatch(/^tls:\/\/localhost:\d+$/);
    for (const name of ["CA", "CERT", "KEY"]) {
      expect(readFileSync(env[`NATS_${name}`], "utf8")).toContain("-----BEGIN");
      expect(env[`NATS_SANDBOX_TLS_VERIFY_${name}`]).toBe(env[`NATS_${name}`]);
    }
  });

  it("of several modes is that of the first, and tells each one's own", async () => {
    const both = await jsonOf(["token", "user-pass"]);
    const [token, password] = [await jsonOf(["token"]), await jsonOf(["user-pass"])];
    expect(both.env).toEqual({
      ...Object.fromEntries(Object.entries(password.env).filter(([name]) => /USER_PASS/.test(name))),
      ...token.env,
    });
    expect(both.modes).toEqual([...token.modes, ...password.modes]);
    expect(both.modes[0].env).toMatchObject({ NATS_TOKEN: both.env.NATS_TOKEN });
  });

  it("has the modes of a group in the place of its name", async () => {
    await using own = await openRoom("env-group");
    await own.start(["up", "core", "--quiet"]).says(/Ctrl-C stops everything/);
    for (const [names, first] of [
      [["core", "tls-verify"], "open"],
      [["tls-verify", "core"], "tls-verify"],
    ] as const) {
      const { stdout } = await own.run(["env", ...names, "--json"]);
      const { mode, modes, env } = JSON.parse(stdout);
      expect([mode, modes[0].mode, env.NATS_URL]).toEqual([first, first, modes[0].env.NATS_URL]);
      expect(modes).toHaveLength(new Set(modes.map((one: { mode: string }) => one.mode)).size);
    }
    const { stderr } = await own.run(["env", "core", "--files", "/etc/nats"]);
    expect(stderr).toContain("--files is the folder of one client");
  });

  it("is what --json alone means, and nothing else goes with it", async () => {
    const { stdout } = await room.run(["env", "tls", "--json"]);
    expect(JSON.parse(stdout)).toEqual(await jsonOf(["tls"]));
    const { status, stderr } = await room.run(["env", "tls", "--json", "--format", "shell"]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("--format shell") });
  });

  it("knows aliases and other clients, and puts the login into the URL when asked to", async () => {
    const { env } = await jsonOf(["permissions", "--as", "service", "--url"]);
    expect(env.NATS_USER).toBe("service");
    expect(env.NATS_URL).toContain(`://service:${env.NATS_PASSWORD}@localhost:`);
    expect((await jsonOf(["permissions"])).env.NATS_URL).toMatch(/:\/\/localhost:/);
    expect(await jsonOf(["mtls"])).toEqual(await jsonOf(["tls-verify"]));
  });
});

describe("a POSIX shell", () => {
  it("has the same as json says", async () => {
    expect(inShell(load("permissions tls-verify"))).toEqual(
      (await jsonOf(["permissions", "tls-verify"])).env,
    );
  });

  it("keeps nothing of the mode before", async () => {
    const inherited = { NATS_CREDS: "/stale", NATS_NKEY: "/stale" };
    const env = inShell(`${load("tls-verify")}\n${load("user-pass")}`, inherited);
    const plain = Object.keys(env).filter((name) => !name.startsWith("NATS_SANDBOX_"));
    expect(plain.sort()).toEqual(["NATS_CONTEXT", "NATS_PASSWORD", "NATS_URL", "NATS_USER"]);
    expect(env.NATS_SANDBOX_TLS_VERIFY_CERT).toMatch(/cert\.pem$/);
  });

  it("is told how to load it again, whatever was asked for", async () => {
    const { stdout } = await room.run(["env", "permissions", "--as", "service", "--url"]);
    const [, command = ""] = /# Load with: (.*)$/m.exec(stdout) ?? [];
    expect(command).toBe('eval "$(nats-sandbox env permissions --as service --url)"');
    expect(inShell(stdout).NATS_USER).toBe("service");
  });
});

test("dotenv is read by node --env-file as json says", async () => {
  const file = join(room.work, "dot.env");
  writeFileSync(file, (await room.run(["env", "user-pass", "tls", "--format", "dotenv"])).stdout);
  const show = "process.stdout.write(JSON.stringify(process.env))";
  const seen = execFileSync(process.execPath, [`--env-file=${file}`, "-e", show], {
    env: {},
    encoding: "utf8",
  });
  expect(JSON.parse(seen)).toMatchObject((await jsonOf(["user-pass", "tls"])).env);
});

describe("github", () => {
  it("masks the secrets, then adds the variables to what is there", async () => {
    const file = join(room.work, "github.env");
    writeFileSync(file, "BEFORE=1");
    const { env } = await jsonOf(["user-pass"]);
    const run = await room.run(["env", "user-pass", "--format", "github"], {
      env: { GITHUB_ENV: file, NATS_CERT: "/stale" },
    });
    expect({ status: run.status, stdout: run.stdout }).toEqual({
      status: 0,
      stdout: `::add-mask::${env.NATS_PASSWORD}\n`,
    });
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
    expect(readFileSync(file, "utf8")).toBe(`BEFORE=1\nNATS_CERT=\n${lines.join("")}`);
    expect(run.stderr).not.toContain(env.NATS_PASSWORD);
  });

  it("masks the secrets of a mode's other clients too", async () => {
    const file = join(room.work, "github.env");
    writeFileSync(file, "");
    const { stdout } = await room.run(["env", "permissions", "--format", "github"], {
      env: { GITHUB_ENV: file },
    });
    for (const client of ["app", "service"]) {
      const { env } = await jsonOf(["permissions", "--as", client]);
      expect(stdout).toContain(`::add-mask::${env.NATS_PASSWORD}\n`);
    }
  });

  it.each([
    ["elsewhere", undefined, "GITHUB_ENV is not set"],
    ["where its file is missing", "/no/such/file", "/no/such/file"],
  ])("is refused %s", async (_, path, says) => {
    const { status, stderr } = await room.run(["env", "open", "--format", "github"], {
      env: { GITHUB_ENV: path },
    });
    expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining(says) });
  });
});

describe("what is not there is told, with the way out", () => {
  test.each<[string, readonly string[], number, readonly string[]]>([
    [
      "a mode",
      ["env", "tls-user-pass"],
      3,
      ["tls-user-pass is not up", "up there: ", "nats-sandbox up tls-user-pass"],
    ],
    ["a client", ["env", "permissions", "--as", "nobody"], 2, ['"nobody"', "app, service"]],
    ["one mode of a group", ["env", "open", "core"], 3, ["is not up", "up there: "]],
    ["a context of two", ["env", "tls", "open", "--format", "nats-context"], 2, ["one mode"]],
  ])("%s", async (_, args, expected, says) => {
    const { status, stdout, stderr } = await room.run(args);
    expect({ status, stdout }).toEqual({ status: expected, stdout: "" });
    for (const part of says) expect(stderr).toContain(part);
  });
});

describe.skipIf(natscli === undefined)(
  natscli === undefined ? "the nats CLI (skipped: nats is not on PATH)" : "the nats CLI",
  () => {
    /** Publishes as the nats CLI does with a home that has another context selected. */
    function publish(args: readonly string[], env: Env = {}) {
      const config = join(room.dir, "home/.config/nats");
      mkdirSync(join(config, "context"), { recursive: true });
      const stale = { url: "nats://localhost:1", user: "stale", password: "stale" };
      writeFileSync(join(config, "context/stale.json"), JSON.stringify(stale));
      writeFileSync(join(config, "context.txt"), "stale");
      const { status, stderr } = spawnSync("nats", [...args, "publish", "orders.new", "hello"], {
        env: {
          PATH: join(room.dir, "bin"),
          HOME: join(room.dir, "home"),
          XDG_CONFIG_HOME: join(room.dir, "home/.config"),
          ...env,
        },
        encoding: "utf8",
        timeout: 20_000,
      });
      return { status, stderr };
    }

    const contextOf = async (mode: string, change: object = {}) => {
      const { status, stdout } = await room.run(["env", mode, "--format", "nats-context"]);
      expect(status).toBe(0);
      const file = join(room.work, "context.json");
      writeFileSync(file, JSON.stringify({ ...JSON.parse(stdout), ...change }));
      return file;
    };

    it("is not deceived by the test: without us it dials what is selected", () => {
      expect(publish([]).status).not.toBe(0);
    });

    it.each(MODES)("gets into %s with a context file", async (mode) => {
      expect(publish(["--context", await contextOf(mode)])).toMatchObject({ status: 0 });
    });

    it.each(MODES)("gets into %s with the environment, whatever context is selected", async (mode) => {
      expect(publish([], (await jsonOf([mode])).env)).toMatchObject({ status: 0 });
    });

    it.each([
      ["user-pass", { password: "wrong" }],
      ["token", { token: "wrong" }],
      ["tls", { ca: "" }],
      ["tls-verify", { cert: "", key: "" }],
    ])("does not get into %s with a context that has %j", async (mode, change) => {
      expect(publish(["--context", await contextOf(mode, change)]).status).not.toBe(0);
    });
  },
);
