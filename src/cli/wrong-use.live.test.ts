/** Whatever a user gets wrong, or the machine lacks: one clear sentence, what to do next, the right status, nothing left. */
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { ErrorCode } from "../errors.ts";
import { type Finished, openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { WRONG_USES } from "../testing/cli-wrong-uses.ts";

beforeAll(() => realServer());

/** 2: the user can put it right in the command itself; 3: on the machine. */
function statusOf(code: ErrorCode): number {
  return code === "usage" || code === "unknown-mode" || code.startsWith("invalid-") ? 2 : 3;
}

function expectClear({ status, stdout, stderr }: Finished, code: ErrorCode, says: readonly string[]): void {
  expect({ status, stdout }).toEqual({ status: statusOf(code), stdout: "" });
  for (const part of says) expect(stderr).toContain(part);
  const lines = stderr.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^(✖|error:) \S/);
  expect(lines.at(-1)).toMatch(/^(→ \S|\(nats-sandbox --help)/);
  expect(stderr).not.toMatch(/^ +at .*:\d+|undefined|\[object|a bug of|\r|\0/m);
}

async function expectNothingLeft(room: Room): Promise<void> {
  expect(room.left()).toEqual([]);
  expect(await room.remaining()).toEqual([]);
}

describe.concurrent.each(WRONG_USES)("$what", ({ code, args, env, says }) => {
  it("is told in words", async () => {
    await using room = await openRoom("wrong");
    expectClear(await room.run(args(room), { env: env(room) }), code, says);
    await expectNothingLeft(room);
  });

  it("is told as one JSON document", async () => {
    await using room = await openRoom("wrong-json");
    const { status, stdout } = await room.run([...args(room), "--json"], { env: env(room) });
    const { schema, error } = JSON.parse(stdout);
    expect({ status, schema, code: error.code }).toEqual({ status: statusOf(code), schema: 1, code });
    const text = [error.message, error.detail, error.fix].join("\n");
    for (const part of says) expect(text).toContain(part);
    await expectNothingLeft(room);
  });
});

describe.concurrent("a directory that cannot be written", () => {
  const says = ["cannot write", "NATS_SANDBOX_HOME"];

  it.runIf(process.getuid?.() !== 0)("for want of the right to (needs a user who is not root)", async () => {
    await using room = await openRoom("read-only");
    const cwd = join(room.work, "read-only");
    mkdirSync(cwd, { mode: 0o555 });
    const run = await room.run(["up", "open"], { cwd });
    chmodSync(cwd, 0o755);
    expectClear(run, "state-unusable", says);
  });

  it.runIf(process.platform === "linux")("by anybody (needs /proc)", async () => {
    await using room = await openRoom("read-only");
    const run = await room.run(["up", "open"], { env: { NATS_SANDBOX_HOME: "/proc/nats-sandbox/home" } });
    expectClear(run, "state-unusable", ["/proc/nats-sandbox/home", ...says]);
  });
});

it("the stack of an error is shown with --verbose alone", async () => {
  await using room = await openRoom("stack");
  const { stderr } = await room.run(["up", "opne", "--verbose"]);
  expect(stderr).toMatch(/^ +at .*select\.js:\d+/m);
});
