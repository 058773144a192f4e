/** A nats-sandbox.yaml that is wrong: its place, one clear sentence, the way out, status 2, nothing started, nothing left. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Finished, openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { HIDDEN, RIGHT_CONFIG, WRONG_FILES, WRONG_OWN_MODES } from "../testing/wrong-configs.ts";

const FILE = "nats-sandbox.yaml";

beforeAll(() => realServer());

function put(room: Room, text: string | Buffer): void {
  writeFileSync(join(room.work, FILE), text);
}

function expectTold({ status, stdout, stderr }: Finished, start: RegExp, says: readonly string[]): void {
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  const lines = stderr.trimEnd().split("\n");
  expect(lines[0]).toMatch(start);
  expect(lines.at(-1)).toMatch(/^→ \S/);
  for (const part of says) expect(stderr).toContain(part);
  expect(stderr).not.toContain(HIDDEN);
  expect(stderr).not.toMatch(/^ +at .*:\d+|undefined|\[object|a bug of|\r|\0/m);
}

/** All of them are read by src/config/own-modes.test.ts, which takes a hundredth of the time. */
const SOME_OWN_MODES = WRONG_OWN_MODES.filter((_, index) => index % 10 === 0);

describe.concurrent.each([...WRONG_FILES, ...SOME_OWN_MODES])("$what", ({ text, at, says, env }) => {
  it("is told at its place", async () => {
    await using room = await openRoom("config");
    put(room, text);
    const place = at ?? "\\d+:\\d+";
    expectTold(await room.run(["check"], { env }), new RegExp(`^✖ ${FILE}:${place}: \\S`), says);
    expect(room.left()).toEqual([`work/${FILE}`]);
  });
});

describe.concurrent("a file that is", () => {
  it.each<[string, string | Buffer, string]>([
    ["a binary", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 0xff]), "no text in UTF-8"],
    ["UTF-16", Buffer.from("\uFEFFname: a", "utf16le"), "no text in UTF-8"],
    ["text with a NUL", "name: a\0b", "no text in UTF-8"],
    ["larger than a megabyte", Buffer.alloc(1_000_001, "# \n"), "larger than 1 MB"],
  ])("%s", async (_, content, says) => {
    await using room = await openRoom("config");
    put(room, content);
    expectTold(await room.run(["check"]), new RegExp(`^✖ ${FILE} is `), [says]);
  });

  it("a tower of brackets", async () => {
    await using room = await openRoom("config");
    put(room, `hosts: ${"[".repeat(50_000)}`);
    expectTold(await room.run(["check"]), new RegExp(`^✖ ${FILE}:1:\\d+: `), ["nested too deep"]);
  });

  it.each<[string, (path: string) => void, string]>([
    ["a folder", (path) => mkdirSync(path), "is a folder"],
    ["a FIFO", (path) => execFileSync("mkfifo", [path]), "is no plain file"],
    ["a link to nothing", (path) => symlinkSync("nowhere", path), "does not exist"],
    ["a link to itself", (path) => symlinkSync(path, path), "cannot be read"],
    ["a device", (path) => symlinkSync("/dev/zero", path), "is no plain file"],
  ])("%s", async (_, make, says) => {
    await using room = await openRoom("config");
    make(join(room.work, FILE));
    expectTold(await room.run(["check"]), new RegExp(`^✖ ${FILE} `), [says]);
  });

  it.runIf(process.getuid?.() !== 0)("not to be read (needs a user who is not root)", async () => {
    await using room = await openRoom("config");
    put(room, "name: a");
    chmodSync(join(room.work, FILE), 0);
    expectTold(await room.run(["check"]), new RegExp(`^✖ ${FILE} may not be read`), ["permissions"]);
  });

  it("not there, and asked for", async () => {
    await using room = await openRoom("config");
    for (const command of ["up", "check", "modes", "config"]) {
      const args = command === "config" ? [command, "open"] : [command];
      expectTold(
        await room.run([...args, "--config", "./n ope.yaml"]),
        /^✖ "\.\/n ope\.yaml" does not exist/,
        ["--config", "nats-sandbox init"],
      );
    }
    const { status, stderr } = await room.run(["up", "--config", ""]);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("--config") });
  });
});

it("all that is wrong with a file is told at once, in its order", async () => {
  await using room = await openRoom("config");
  put(
    room,
    `engin: auto\nmodes: [opne]\n${RIGHT_CONFIG.replace("$app.user", "$apps.user").replace("as: app", "az: app")}`,
  );
  const { stderr } = await room.run(["check"]);
  const places = [...stderr.matchAll(/nats-sandbox\.yaml:(\d+):\d+: /g)].map(([, line]) => Number(line));
  expect(places).toEqual([1, 2, 21, 23]);
  const { stdout } = await room.run(["check", "--json"]);
  const { error } = JSON.parse(stdout);
  expect(error).toMatchObject({
    code: "invalid-config",
    message: expect.stringMatching(/^nats-sandbox\.yaml:1:1: /),
  });
  expect(error.detail.match(/nats-sandbox\.yaml:\d+:\d+: /g)).toHaveLength(3);
});

it("the file that all the wrong ones are changes of is right", async () => {
  await using room = await openRoom("config");
  put(room, RIGHT_CONFIG);
  expect(await room.run(["modes", "--json"])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('"shop"'),
  });
});
