/** `connect --run` from outside: what it runs, what it leaves, and what it says when the machine lacks something. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openRoom, type Room } from "../testing/cli-room.ts";

let room: Room;
beforeEach(async () => {
  room = await openRoom("connect-run");
  await room.start(["up", "user-pass", "--quiet"]).says(/Ctrl-C stops everything/);
});
afterEach(() => room[Symbol.asyncDispose]());

/** A compiler whose programs do this. */
function compiler(does: string): Readonly<Record<string, string>> {
  room.script(
    "cc",
    `printf '#!/bin/sh\\n%s\\n' '${does}' > "$2"; chmod 700 "$2"; echo "$@" > "${room.dir}/cc-args"`,
  );
  return { PATH: `${join(room.dir, "scripts")}:/usr/bin:/bin` };
}

const RUN_C = ["connect", "user-pass", "--lang", "c", "--run"];
const RUN_JAVASCRIPT = ["connect", "user-pass", "--lang", "javascript", "--run"];

/** A registry's client whose `connect` ends the program with 0. */
const INSTALL = `client=node_modules/@nats-io/transport-node; mkdir -p $client; echo '{ "type": "module", "exports": "./index.js" }' > $client/package.json; echo 'export const connect = () => process.exit();' > $client/index.js`;

/** Folders of programs in the mode's own. */
const programs = () =>
  readdirSync(join(room.state, "default/user-pass")).filter((name) => name.startsWith("run-"));

it("ends as the program does, with its output, and leaves nothing of it", async () => {
  const env = compiler("echo connected; echo turned away >&2; exit 7");
  const { status, stdout, stderr } = await room.run(RUN_C, { env });
  expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: "connected\n", stderr: "turned away\n" });
  expect(programs()).toEqual([]);
});

it("has the program in a private folder, and no secret in an argument", async () => {
  const env = compiler('ls -ld "$(dirname "$0")" "$(dirname "$0")/hello.c"; cat "$(dirname "$0")/hello.c"');
  const { stdout } = await room.run(RUN_C, { env });
  expect(stdout).toMatch(/^drwx------ /);
  expect(stdout).toMatch(/^-rw------- .*hello\.c$/m);
  const [, password = ""] = /SetUserInfo\(options, "\w+", "(\w+)"\)/.exec(stdout) ?? [];
  expect(password).not.toBe("");
  expect(readFileSync(join(room.dir, "cc-args"), "utf8")).not.toContain(password);
});

it("does not pass on whom the shell trusts, nor what it was told of other servers", async () => {
  const env = { ...compiler("env"), SSL_CERT_FILE: "/x", NATS_PASSWORD: "stale", KEPT: "yes" };
  const { stdout } = await room.run(RUN_C, { env });
  expect(stdout).toContain("KEPT=yes");
  expect(stdout).not.toMatch(/SSL_CERT_FILE|stale/);
});

it("ended by a signal ends the program, and leaves nothing of it", async () => {
  const env = compiler("echo connected; exec sleep 60");
  const program = room.start(RUN_C, { env });
  await program.says(/connected/);
  program.kill("SIGTERM");
  expect((await program.ended).status).toBe(143);
  expect(programs()).toEqual([]);
});

it.each([
  ["go", "go is not on PATH, and go needs it to run", "https://go.dev/dl"],
  ["rust", "cargo is not on PATH", "https://rustup.rs"],
  ["ruby", "ruby is not on PATH", "apt-get install ruby"],
])("names what %s needs and how to get it", async (lang, says, how) => {
  const { status, stdout, stderr } = await room.run(["connect", "user-pass", "--lang", lang, "--run"]);
  expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
  expect(stderr).toContain(says);
  expect(stderr).toContain(how);
});

it("tells in the tool's own words why a client could not be installed, and tries again the next time", async () => {
  const cache = join(room.dir, "cache");
  mkdirSync(cache);
  const failing = `echo "npm error: no way to the registry" >&2; exit 1`;
  room.script("npm", `echo x >> "${room.dir}/tries"; ${failing}`);
  const env = { PATH: `${join(room.dir, "scripts")}:/usr/bin:/bin`, NATS_SANDBOX_CACHE: cache };
  for (const _ of ["first", "second"]) {
    const { status, stderr } = await room.run(RUN_JAVASCRIPT, { env });
    expect(status).toBe(3);
    expect(stderr).toContain("the client of javascript could not be installed");
    expect(stderr).toContain("npm error: no way to the registry");
  }
  expect(readFileSync(join(room.dir, "tries"), "utf8")).toBe("x\nx\n");
  expect(existsSync(join(cache, "snippets"))).toBe(true);
  expect(programs()).toEqual([]);
});

it("makes a cache anew that is half made, and takes one that is whole", async () => {
  const cache = join(room.dir, "cache");
  const env = { PATH: `${join(room.dir, "scripts")}:/usr/bin:/bin`, NATS_SANDBOX_CACHE: cache };
  room.script("npm", "mkdir node_modules; echo half > node_modules/half; exit 1");
  expect((await room.run(RUN_JAVASCRIPT, { env })).status).toBe(3);
  room.script("npm", `[ ! -e node_modules ] && echo x >> "${room.dir}/tries"; ${INSTALL}`);
  for (const _ of ["first", "second"])
    expect(await room.run(RUN_JAVASCRIPT, { env })).toMatchObject({ status: 0 });
  expect(readFileSync(join(room.dir, "tries"), "utf8")).toBe("x\n");
});

it("installs a client once for two who want it at the same time", async () => {
  const env = {
    PATH: `${join(room.dir, "scripts")}:/usr/bin:/bin`,
    NATS_SANDBOX_CACHE: join(room.dir, "cache"),
  };
  room.script("npm", `echo x >> "${room.dir}/tries"; ${INSTALL}; sleep 2`);
  const both = await Promise.all([room.run(RUN_JAVASCRIPT, { env }), room.run(RUN_JAVASCRIPT, { env })]);
  expect(both).toMatchObject([{ status: 0 }, { status: 0 }]);
  expect(both.map(({ stderr }) => stderr).join("")).toMatch(/waiting for process \d+, which installs/);
  expect(readFileSync(join(room.dir, "tries"), "utf8")).toBe("x\n");
});

it("waits for an installation of two commands for longer than one may take", async () => {
  const cache = join(room.dir, "cache");
  room.script("go", "exit 1");
  const env = { PATH: `${join(room.dir, "scripts")}:/usr/bin:/bin`, NATS_SANDBOX_CACHE: cache };
  const args = ["connect", "user-pass", "--lang", "go", "--run"];
  await room.run(args, { env });
  const [folder = ""] = readdirSync(join(cache, "snippets"));
  const lock = join(cache, "snippets", `${folder}.lock`);
  writeFileSync(lock, JSON.stringify({ pid: process.pid, id: "another" }));
  const began = Date.now() / 1000 - 15 * 60;
  utimesSync(lock, began, began);
  const program = room.start(args, { env });
  await program.says(new RegExp(`waiting for process ${process.pid}, which installs`));
  program.kill("SIGTERM");
  await program.ended;
});

it("tells of a cache that cannot be written as that", async () => {
  writeFileSync(join(room.dir, "file"), "");
  const env = { ...compiler("exit 0"), NATS_SANDBOX_CACHE: join(room.dir, "file/cache") };
  const { status, stderr } = await room.run(RUN_C, { env });
  expect(status).toBe(3);
  expect(stderr).toContain(`the cache ${join(room.dir, "file/cache")} cannot be written`);
  expect(stderr).toContain("name another directory in NATS_SANDBOX_CACHE");
});

it("tells of a cache that somebody took something from how it is mended", async () => {
  const cache = join(room.dir, "cache");
  room.script("go", `touch go.sum; mkdir -p go-cache`);
  const env = { PATH: `${join(room.dir, "scripts")}:/usr/bin:/bin`, NATS_SANDBOX_CACHE: cache };
  const run = () => room.run(["connect", "user-pass", "--lang", "go", "--run"], { env });
  const first = await run();
  expect(first.status).toBe(3);
  expect(first.stderr).toContain("its compiler ended with 0, and there is no ");
  const [folder = ""] = readdirSync(join(cache, "snippets"));
  rmSync(join(cache, "snippets", folder, "go.sum"));
  const second = await run();
  expect(second.status).toBe(3);
  expect(second.stderr).toContain(
    `if something is missing in ${join(cache, "snippets", folder)}, remove that`,
  );
  expect(programs()).toEqual([]);
});

it("tells how to get the C client when the compiler does not find it, and leaves nothing of the program", async () => {
  room.script("cc", `echo "hello.c:2:10: fatal error: nats/nats.h: No such file" >&2; exit 1`);
  const { status, stderr } = await room.run(RUN_C, {
    env: { PATH: `${join(room.dir, "scripts")}:/usr/bin:/bin` },
  });
  expect(status).toBe(3);
  expect(stderr).toContain("the program in c could not be compiled");
  expect(stderr).not.toContain("registry");
  expect(stderr).toContain("apt-get install libnats-dev");
  expect(programs()).toEqual([]);
});

it("prints one thing or the other: --run and --json do not go together", async () => {
  const { status, stdout } = await room.run([...RUN_C, "--json"]);
  expect(status).toBe(2);
  expect(JSON.parse(stdout).error).toMatchObject({ code: "usage" });
});
