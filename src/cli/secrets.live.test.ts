/** No secret in anything printed, nor in the arguments of any process: the real ones, looked for in all there is to see. */
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { findNatscli } from "../dial/natscli.ts";
import { MODES } from "../modes/all.gen.ts";
import type { Program } from "../testing/cli-program.ts";
import { openRoom, type Room } from "../testing/cli-room.ts";
import { QUOTE_PASSWORD, type SecretWatch, secretsIn, watchSecrets } from "../testing/secret-watch.ts";

let room: Room;
let up: Program;
let server: string;
let watch: SecretWatch;

beforeAll(async () => {
  room = await openRoom("secrets");
  const natscli = findNatscli();
  if (natscli !== undefined) symlinkSync(natscli, join(room.dir, "bin/nats"));
  watch = watchSecrets(room);
  server = await watch.recordingServer();
  up = room.start(["up", "all", "--verbose", "--server", server]);
  await watch.watch("up", up, up.says(/Ctrl-C stops everything/));
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

test("the commands that show things run, and there are secrets to look for", async () => {
  // On a machine that is short of time the nats CLI may give up: what is said then must hold no secret either.
  for (const format of ["--verbose", "--json"])
    expect([0, 1]).toContain((await watch.run(["check", "all", format, "--server", server])).status);
  const commands = [
    ["modes"],
    ["modes", "--json", "--verbose"],
    ...MODES.map(({ name }) => ["config", name]),
    ["config", "permissions", "--json"],
    ["certs", "list"],
    ["certs", "inspect", "tls-verify", "--json"],
    ["certs", "export", "tls-verify", "--format", "pem", "--out", "../scripts/exported"],
    ["config", "token", "--name", "not-up"],
    ["config", "user-pass-bcrypt", "--name", "not-up", "--verbose"],
  ];
  const finished = await Promise.all(commands.map((args) => watch.run(args)));
  expect(finished.map(({ status }) => status)).toEqual(commands.map(() => 0));
  const kinds = { config: /^[A-Za-z0-9]{24}$/, bcrypt: /^\$2a\$04\$.{53}$/, key: /^[A-Za-z0-9+/=]{64}$/ };
  for (const [kind, look] of Object.entries(kinds))
    expect([...watch.secrets()].filter((secret) => look.test(secret)).length, kind).toBeGreaterThan(2);
  expect(watch.shown.get("up: arguments")).toContain("server.conf");
}, 60_000);

test("nor in the words of a server that quotes them while it refuses its config", async () => {
  const { status, stderr } = await watch.run([
    "up",
    "user-pass",
    "--name",
    "q",
    "--server",
    await watch.recordingServer(QUOTE_PASSWORD),
  ]);
  expect(status).toBe(3);
  expect(stderr).toContain("could not parse address string");
  expect(stderr).toContain("[secret]");
});

test("nor in those of a check that fails", async () => {
  const open = `sed -i.old '/^authorization/,/^}/d' "$2"`;
  const modes = ["user-pass", "token-bcrypt"];
  const { status, stdout } = await watch.run([
    "check",
    ...modes,
    "--verbose",
    "--server",
    await watch.recordingServer(open),
  ]);
  expect({ status, failures: stdout.match(/^✖ /gm)?.length }).toEqual({
    status: 1,
    failures: expect.any(Number),
  });
});

test("no secret is shown anywhere", () => {
  expect(watch.leaks()).toEqual([]);
});

test("files that hold one are in the folder of a sandbox, kept logs too, and private", () => {
  expect(room.files().filter((file) => file.endsWith("/server.log")).length).toBeGreaterThan(MODES.length);
  expect(watch.exposedFiles()).toEqual([]);
});

it("config --reveal does show them", async () => {
  for (const name of ["permissions", "token-bcrypt"]) {
    const config = readFileSync(join(room.state, "default", name, "server/server.conf"), "utf8");
    const { stdout } = await room.run(["config", name, "--reveal"]);
    expect(stdout.trimEnd()).toBe(config.trimEnd());
    expect(secretsIn(config).filter((secret) => stdout.includes(secret))).not.toEqual([]);
  }
});

it("config shows all but them", async () => {
  const config = readFileSync(join(room.state, "default/user-pass/server/server.conf"), "utf8");
  const { stdout } = await room.run(["config", "user-pass"]);
  expect(stdout.trimEnd()).toBe(config.trimEnd().replace(/password: ".*"/, 'password: "[secret]"'));
  expect(stdout).toContain('"[secret]"');
});
