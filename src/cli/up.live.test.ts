/** `up` from outside: what it prints, what it hands out, that one gets in with it, and that nothing is left afterwards. */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import type { Connection } from "../model.ts";
import { getsIn } from "../testing/cli-detached.ts";
import type { Program } from "../testing/cli-program.ts";
import { MAIN, openRoom, type Room } from "../testing/cli-room.ts";

const MODES = ["tls-verify", "user-pass", "token", "permissions"];

let room: Room;
let up: Program;
beforeAll(async () => {
  // A path that every shell, config and URL must quote.
  room = await openRoom(`up it's "quoted" $HOME ü`);
  up = await room.start(["up", ...MODES]).says(/Ctrl-C stops everything/);
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

/** The variables that a shell has after it has loaded a file, and no others. */
function sourced(file: string): Readonly<Record<string, string>> {
  const text = execFileSync("/bin/sh", ["-c", '. "$0" && exec env -0', file], {
    env: { PATH: "/usr/bin:/bin" },
  });
  const pairs = text
    .toString()
    .split("\0")
    .map((line) => line.split(/=(.*)/s));
  return Object.fromEntries(pairs.filter(([name = ""]) => name.startsWith("NATS_")));
}

/** A connection out of environment variables alone, as a program of a user makes it. */
function connectionOf(env: Readonly<Record<string, string>>): Connection {
  const read = (name: string) => (env[name] === undefined ? undefined : readFileSync(env[name], "utf8"));
  const [ca, chain, key] = [read("NATS_CA"), read("NATS_CERT"), read("NATS_KEY")];
  const { NATS_URL: url = "", NATS_USER: user, NATS_PASSWORD: password, NATS_TOKEN: token } = env;
  const login = { ...(user && { user }), ...(password && { password }), ...(token && { token }) };
  const present = chain === undefined || key === undefined ? {} : { present: { chain, key } };
  return {
    url,
    transport: "nats",
    ...(Object.keys(login).length === 0 ? {} : { login }),
    ...(ca === undefined ? {} : { tls: { ca, ...present } }),
  };
}

it("prints progress on stderr, and the table alone on stdout", () => {
  for (const mode of MODES) {
    expect(up.stderr).toMatch(new RegExp(`^${mode}: ready at (nats|tls)://localhost:\\d+$`, "m"));
    expect(up.stderr).toMatch(new RegExp(`^${mode}: (\\d+)/\\1 checks passed$`, "m"));
    expect(up.stdout).toMatch(
      new RegExp(`^  ✔ ${mode} +(nats|tls)://localhost:\\d+ +(\\d+)/\\2 +\\d+ turned away$`, "m"),
    );
  }
  expect(up.stdout).toMatch(/^4 modes, \d+ checks passed in [\d.]+ s\. {2}Ctrl-C stops everything\.$/m);
  expect(up.stdout).not.toContain("ready at");
});

test.each(MODES)(
  "the URL that %s has in the table is that of its env file, and one gets in with it",
  async (mode) => {
    const env = sourced(join(room.state, "default", mode, "app.env"));
    const [, url] = new RegExp(`✔ ${mode} +(\\S+)`).exec(up.stdout) ?? [];
    expect(env.NATS_URL).toBe(url);
    expect(await getsIn(connectionOf(env))).toBe(true);
  },
);

test("without what the env file holds nobody gets in", async () => {
  const [mutual, password, token] = ["tls-verify", "user-pass", "token"].map((mode) =>
    sourced(join(room.state, "default", mode, "app.env")),
  );
  const { NATS_CERT, ...noCertificate } = mutual ?? {};
  const { NATS_PASSWORD, ...noPassword } = password ?? {};
  const { NATS_TOKEN, ...noToken } = token ?? {};
  expect([NATS_CERT, NATS_PASSWORD, NATS_TOKEN]).not.toContain(undefined);
  for (const env of [noCertificate, noPassword, noToken]) expect(await getsIn(connectionOf(env))).toBe(false);
});

test("every client of a mode has an env file of its own, which gets in", async () => {
  const [app, service] = ["app", "service"].map((client) =>
    sourced(join(room.state, "default/permissions", `${client}.env`)),
  );
  expect(app?.NATS_USER).not.toBe(service?.NATS_USER);
  for (const env of [app, service]) expect(await getsIn(connectionOf(env ?? {}))).toBe(true);
});

/** Runs the first command that `up` proposes, and then another one, in a shell that has nats-sandbox on its PATH. */
function proposed(own: Room, stdout: string, then: string, env: NodeJS.ProcessEnv = {}): string {
  const [, command = ""] = /^ {2}(eval "\$\(nats-sandbox env .*?\)") {3}/m.exec(stdout) ?? [];
  const shim = own.script("nats-sandbox", `exec '${process.execPath}' '${MAIN}' "$@"`);
  const PATH = `${dirname(shim)}:/usr/bin:/bin`;
  return execFileSync("/bin/sh", ["-c", `${command}\n${then}`], {
    cwd: own.work,
    env: { ...env, PATH },
    encoding: "utf8",
  });
}

test("the command it proposes works as it stands, in a shell, and takes a stale variable away", () => {
  const stale = { NATS_PASSWORD: "stale" };
  const told = proposed(room, up.stdout, 'echo "$NATS_URL $NATS_PASSWORD"', stale);
  expect(told).toMatch(/^tls:\/\/localhost:\d+ \n$/);
});

test("all it writes is private, in one folder that git ignores", () => {
  const below = room.files().filter((file) => file.startsWith("work/.nats-sandbox"));
  const modes = below.map((file) => [file, statSync(join(room.dir, file))] as const);
  const open = modes.filter(([file, stat]) => {
    if (file === "work/.nats-sandbox/.gitignore") return false;
    return (stat.mode & 0o777) !== (stat.isDirectory() ? 0o700 : 0o600);
  });
  expect(open.map(([file, { mode }]) => `${file} ${(mode & 0o777).toString(8)}`)).toEqual([]);
  expect(below.filter((file) => file.endsWith("/clients/app/key.pem"))).toHaveLength(1);
  expect(readFileSync(join(room.state, ".gitignore"), "utf8")).toMatch(/^\*$/m);
  expect(room.left().filter((file) => !file.startsWith("work/.nats-sandbox"))).toEqual([]);
});

test("SIGINT ends it with 0 and leaves nothing: no process, no file", async () => {
  expect(room.processes().size).toBeGreaterThanOrEqual(1 + MODES.length);
  const { status, stderr } = await up.end("SIGINT");
  expect({ status, last: stderr.trimEnd().split("\n").at(-1) }).toEqual({ status: 0, last: "stopping…" });
  expect(await room.remaining()).toEqual([]);
  expect(room.left()).toEqual([]);
});

test("the command it proposes works too where the state directory has a name that a shell must quote", async () => {
  await using own = await openRoom("up-home");
  const env = { NATS_SANDBOX_HOME: join(own.work, "it's $HOME") };
  const program = await own.start(["up", "tls"], { env }).says(/Ctrl-C stops everything/);
  expect(proposed(own, program.stdout, 'cat "$NATS_CA"', env)).toMatch(/^-----BEGIN CERTIFICATE-----/);
  expect((await program.end("SIGTERM")).status).toBe(0);
});

test("a server that ends by itself is told; up goes on, and ends with 1, in order", async () => {
  await using own = await openRoom("up-lost");
  const program = await own.start(["up", "open", "token"]).says(/Ctrl-C stops everything/);
  const kill = (mode: string) => {
    const [pid] = own.servers().filter((one) => own.processes().get(one)?.includes(`/${mode}/server/`));
    process.kill(pid ?? 0, "SIGKILL");
  };
  kill("open");
  await program.says(/✖ open: its server ended by itself/);
  expect(program.stderr).not.toMatch(/token: its server/);
  kill("token");
  await program.says(/✖ token: its server ended by itself/);
  const { status, stderr } = await program.end("SIGINT");
  expect(status).toBe(1);
  expect(stderr).toContain("logs are kept in");
  const left = own
    .left()
    .filter((file) => /\.(conf|env|pem|json)$/.test(file) && !file.endsWith("/.sandbox.json"));
  expect(left).toEqual([]);
});
