/** No secret in anything printed, nor in the arguments of any process: the real ones, looked for in all there is to see. */
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { findNatscli } from "../dial/natscli.ts";
import { MODES } from "../modes/all.gen.ts";
import { strictPercentEncode } from "../secrets.ts";
import type { Finished, Program } from "../testing/cli-program.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";

let room: Room;
let up: Program;
let server: string;
/** Everything that was shown, by where. */
const shown = new Map<string, string>();

beforeAll(async () => {
  room = await openRoom("secrets");
  const natscli = findNatscli();
  if (natscli !== undefined) symlinkSync(natscli, join(room.dir, "bin/nats"));
  server = await recordingServer();
  up = room.start(["up", "all", "--verbose", "--server", server]);
  await watched("up", up, up.says(/Ctrl-C stops everything/));
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

/** A nats-server that leaves a copy of its files, secrets and all, outside the sandbox. */
async function recordingServer(sabotage = ""): Promise<string> {
  const { path } = await realServer();
  const copies = join(room.dir, "scripts/copies");
  mkdirSync(copies, { recursive: true });
  return room.script(
    `server${sabotage.length}`,
    `[ "$1" = -c ] && { mkdir '${copies}'/$$; cp "\${2%/*}"/* '${copies}'/$$; ${sabotage}\n}\nexec '${path}' "$@"`,
  );
}

/** Keeps what a program printed, and the arguments of all processes while `work` lasted. */
async function watched(what: string, program: Program, work: Promise<unknown>): Promise<void> {
  const args = new Set<string>();
  const look = () => {
    for (const line of room.processes().values()) args.add(line);
  };
  const timer = setInterval(look, 100);
  try {
    await work;
    look();
  } finally {
    clearInterval(timer);
  }
  shown.set(`${what}: stdout`, program.stdout);
  shown.set(`${what}: stderr`, program.stderr);
  shown.set(`${what}: arguments`, [...args].join("\n"));
}

async function runWatched(args: readonly string[]): Promise<Finished> {
  const program = room.start(args);
  await watched(args.join(" "), program, program.ended);
  return program.ended;
}

/** Every secret of a text: the values of a config or an env file, and each line of a private key. */
function secretsIn(text: string): readonly string[] {
  const values = [...text.matchAll(/^\s*(?:password|token): "((?:[^"\\]|\\.)*)"/gm)].map(
    ([, value = ""]) => value,
  );
  const variables = [...text.matchAll(/^export NATS_(?:PASSWORD|TOKEN)='(.*)'$/gm)].map(
    ([, value = ""]) => value,
  );
  const keys = [...text.matchAll(/-----BEGIN (?:\w+ )?PRIVATE KEY-----\n([\s\S]*?)\n-----END/g)];
  const clear = [
    ...values.map((value) => value.replaceAll(/\\(.)/g, "$1")),
    ...variables.map((value) => value.replaceAll(`'\\''`, "'")),
  ];
  return [
    ...values,
    ...clear,
    ...clear.map(encodeURIComponent),
    ...clear.map(strictPercentEncode),
    ...clear.map((value) => Buffer.from(value).toString("base64")),
    ...keys.flatMap(([, body = ""]) => body.split("\n").filter((line) => line.length > 20)),
  ];
}

/** All files of the running sandbox, and of every server that ever ran here. */
function allSecrets(): ReadonlySet<string> {
  const files = room.files().filter((file) => /\.(conf|env|pem)$/.test(file));
  return new Set(files.flatMap((file) => secretsIn(readFileSync(join(room.dir, file), "utf8"))));
}

function leaks(): readonly string[] {
  const secrets = [...allSecrets()];
  return [...shown].flatMap(([what, text]) =>
    secrets.filter((secret) => text.includes(secret)).map((secret) => `${what}: ${secret}`),
  );
}

test("the commands that show things run, and there are secrets to look for", async () => {
  // On a machine that is short of time the nats CLI may give up: what is said then must hold no secret either.
  for (const format of ["--verbose", "--json"])
    expect([0, 1]).toContain((await runWatched(["check", "all", format, "--server", server])).status);
  const commands = [
    ["modes"],
    ["modes", "--json", "--verbose"],
    ...MODES.map(({ name }) => ["config", name]),
    ["config", "permissions", "--json"],
    ["certs", "list"],
    ["certs", "inspect", "tls-verify", "--json"],
    ["certs", "export", "tls-verify", "--format", "pem", "--out", "exported"],
    ["config", "token", "--name", "not-up"],
    ["config", "user-pass-bcrypt", "--name", "not-up", "--verbose"],
  ];
  const finished = await Promise.all(commands.map(runWatched));
  expect(finished.map(({ status }) => status)).toEqual(commands.map(() => 0));
  const kinds = { config: /^[A-Za-z0-9]{24}$/, bcrypt: /^\$2a\$04\$.{53}$/, key: /^[A-Za-z0-9+/=]{64}$/ };
  for (const [kind, look] of Object.entries(kinds))
    expect([...allSecrets()].filter((secret) => look.test(secret)).length, kind).toBeGreaterThan(2);
  expect(shown.get("up: arguments")).toContain("server.conf");
}, 60_000);

test("nor in the words of a server that quotes them while it refuses its config", async () => {
  const quoting = `sed -n 's/^ *password: \\(".*"\\) .*/listen: \\1/p' "$2" >> "$2"`;
  const { status, stderr } = await runWatched([
    "up",
    "user-pass",
    "--name",
    "q",
    "--server",
    await recordingServer(quoting),
  ]);
  expect(status).toBe(3);
  expect(stderr).toContain("could not parse address string");
  expect(stderr).toContain("[secret]");
});

test("nor in those of a check that fails", async () => {
  const open = `sed -i.old '/^authorization/,/^}/d' "$2"`;
  const modes = ["user-pass", "token-bcrypt"];
  const { status, stdout } = await runWatched([
    "check",
    ...modes,
    "--verbose",
    "--server",
    await recordingServer(open),
  ]);
  expect({ status, failures: stdout.match(/^✖ /gm)?.length }).toEqual({
    status: 1,
    failures: expect.any(Number),
  });
});

test("no secret is shown anywhere", () => {
  expect(leaks()).toEqual([]);
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
