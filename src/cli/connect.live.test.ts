/** `connect` from outside: each program gets in as printed, and its wrong twins are turned away and end. */
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findNatscli } from "../dial/natscli.ts";
import { createPki } from "../pki/pki.ts";
import { selectModes } from "../select.ts";
import { openRoom, type Room } from "../testing/cli-room.ts";

const ALL = selectModes(["all"]).map(({ name }) => name);
const natscli = findNatscli();
/** Within this time (ms) a program that is turned away must have ended. */
const LIMIT = 10_000;

let room: Room;
beforeAll(async () => {
  room = await openRoom("connect it's a 'dir'");
  if (natscli !== undefined) symlinkSync(natscli, join(room.dir, "bin/nats"));
  mkdirSync(join(room.work, "node_modules"));
  const packages = fileURLToPath(new URL("../../node_modules/@nats-io", import.meta.url));
  symlinkSync(packages, join(room.work, "node_modules/@nats-io"));
  const { trust } = await createPki();
  writeFileSync(join(room.work, "stranger.pem"), trust("ca"));
  await room.start(["up", "all", "--quiet"]).says(/Ctrl-C stops everything/);
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

async function code(mode: string, lang: string, more: readonly string[] = []): Promise<string> {
  const { status, stdout, stderr } = await room.run(["connect", mode, "--lang", lang, ...more]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

function end(program: string, args: readonly string[]) {
  const { status, signal, stdout, stderr } = spawnSync(program, args, {
    cwd: room.work,
    env: { ...room.env, PATH: `${room.env.PATH}:/usr/bin:/bin` },
    encoding: "utf8",
    timeout: LIMIT,
  });
  return { status, signal, stdout, stderr };
}

/** The one change that makes a wrong twin of a program; it must be there to be made. */
function twin(text: string, from: RegExp, to: string): string {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return changed;
}

const stranger = () => JSON.stringify(join(room.work, "stranger.pem"));

describe("javascript", () => {
  function runJavascript(text: string) {
    const file = join(room.work, "hello.mjs");
    writeFileSync(file, text);
    return end(process.execPath, [file]);
  }

  it.each(ALL)("gets into %s", async (mode) => {
    const { status, stdout, stderr } = runJavascript(await code(mode, "javascript"));
    // Whose subjects are limited is told so, and has got in all the same.
    const told =
      mode === "permissions" ? ["connected\n", /Permissions Violation/] : ["connected\nhello world\n", /^$/];
    expect([stdout, stderr, status]).toEqual([told[0], expect.stringMatching(told[1] ?? ""), 0]);
  });

  it.each<[string, string, RegExp, () => string]>([
    ["user-pass", "a wrong password", /pass: ".*"/, () => `pass: "wrong"`],
    ["user-pass-bcrypt", "a wrong password", /pass: ".*"/, () => `pass: "wrong"`],
    ["tls-user-pass", "a wrong password", /pass: ".*"/, () => `pass: "wrong"`],
    ["tls-user-pass", "a stranger's CA", /(caFile: )".*"/, () => `$1${stranger()}`],
    ["token", "a wrong token", /token: ".*"/, () => `token: "wrong"`],
    ["token-bcrypt", "no token", /token: ".*",/, () => ""],
    ["permissions", "a wrong password", /pass: ".*"/, () => `pass: "wrong"`],
    ["tls", "a stranger's CA", /(caFile: )".*"/, () => `$1${stranger()}`],
    ["tls-verify", "a stranger's CA", /(caFile: )".*"/, () => `$1${stranger()}`],
    ["tls-verify", "no certificate", /certFile: .*\n *keyFile: .*/, () => ""],
    ["open", "a server that has no TLS", /servers: .*/, () => `$&\n  tls: {},`],
  ])("of %s with %s is turned away and ends", async (mode, _, from, to) => {
    const wrong = runJavascript(twin(await code(mode, "javascript"), from, to()));
    expect({ status: wrong.status, signal: wrong.signal }).toEqual({ status: 1, signal: null });
    expect(wrong.stdout).toBe("");
  });
});

describe.skipIf(natscli === undefined)(
  natscli === undefined ? "cli (skipped: nats is not on PATH)" : "cli",
  () => {
    const runCli = (text: string) => end("/bin/sh", ["-euc", text]);
    const subject = (text: string) => text.replace("pub hello", "pub orders.new");

    it.each(ALL)("gets into %s, with the login in the URL too", async (mode) => {
      for (const more of [[], ["--url"]])
        expect(runCli(subject(await code(mode, "cli", more)))).toMatchObject({ status: 0 });
    });

    it.each<[string, string, RegExp, () => string]>([
      ["user-pass", "a wrong password", /PASSWORD=\S+/, () => "PASSWORD=wrong"],
      ["token", "a wrong token", /TOKEN=\S+/, () => "TOKEN=wrong"],
      ["tls", "a stranger's CA", /(--tlsca) .* \\/, () => "$1 stranger.pem \\"],
      ["tls-verify", "no certificate", /--tlscert .* \\\n *--tlskey .* \\/, () => "\\"],
    ])("of %s with %s is turned away and ends", async (mode, _, from, to) => {
      const wrong = runCli(subject(twin(await code(mode, "cli"), from, to())));
      expect(wrong.signal).toBe(null);
      expect(wrong.status).not.toBe(0);
    });
  },
);

describe("what was asked for wrongly is told", () => {
  it.each<[readonly string[], number, string]>([
    [["connect", "tls", "--lang", "javascrpt"], 2, "did you mean javascript?"],
    [["connect", "tls", "--lang", "cobol"], 2, "cli, javascript"],
    [["connect", "tls", "--lang", "javascript", "--url"], 2, "takes no login from a URL"],
    [["connect", "tls", "--lang", "cli", "--as", "nobody"], 2, "it has: app"],
    [["connect", "tsl", "--lang", "cli"], 2, "did you mean tls?"],
    [["connect", "tls", "--lang", "cli", "--name", "other"], 3, "nats-sandbox up tls --detach --name other"],
  ])("%j", async (args, expected, says) => {
    const { status, stdout, stderr } = await room.run(args);
    expect({ status, stdout }).toEqual({ status: expected, stdout: "" });
    expect(stderr).toContain(says);
  });
});

it("is one JSON document with --json", async () => {
  const { stdout } = await room.run(["connect", "tls", "--lang", "javascript", "--json"]);
  const { schema, mode, client, lang, code: text } = JSON.parse(stdout);
  expect({ schema, mode, client, lang }).toEqual({
    schema: 1,
    mode: "tls",
    client: "app",
    lang: "javascript",
  });
  expect(text).toBe(await code("tls", "javascript"));
});
