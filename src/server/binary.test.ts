import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { detectVersion } from "./binary.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "binary-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function program(script: string, mode = 0o700): Promise<string> {
  const path = join(directory, "program");
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, mode);
  return path;
}

it.each([
  ["nats-server version 1.4.1", "1.4.1"],
  ["nats-server: v2.9.10", "2.9.10"],
  ["nats-server: v2.12.0-RC.1", "2.12.0-RC.1"],
])("understands %s", async (banner, version) => {
  expect(await detectVersion(await program(`echo "${banner}"`), { env: {} })).toBe(version);
});

it.each([
  ["prints something else", 'echo "nginx version: nginx/1.22.1"', 'printed "nginx version: nginx/1.22.1"'],
  ["complains", "echo 'unknown flag' >&2; exit 2", 'printed "unknown flag"'],
  ["prints nothing", "true", "printed nothing"],
  ["is too old", 'echo "nats-server version 1.3.0"', "1.3.0, and the oldest that works is 1.4.0"],
  ["prints without end", "while :; do echo x; done", "did not finish within 0.3 s"],
  ["hangs", "trap '' TERM; sleep 60", "did not finish within 0.3 s"],
])("says what is wrong with a program that %s", async (_, script, why) => {
  const path = await program(script);
  await expect(detectVersion(path, { env: {}, deadline: 300 })).rejects.toMatchObject({
    code: "server-broken",
    status: 3,
    message: expect.stringContaining(path),
    detail: expect.stringContaining(why),
  });
});

it("kills a program that hangs together with what it started", async () => {
  const path = await program('(sleep 0.5; echo alive >"$HOME/late") & sleep 60');
  await expect(detectVersion(path, { env: { HOME: directory }, deadline: 200 })).rejects.toThrow();
  await sleep(700);
  await expect(stat(join(directory, "late"))).rejects.toThrow("ENOENT");
});

it("says that a file cannot be run", async () => {
  const path = await program("true", 0o600);
  const failure = { code: "server-broken", detail: expect.stringContaining("EACCES") };
  await expect(detectVersion(path, { env: {} })).rejects.toMatchObject(failure);
});

it("tells the program nothing of the environment but PATH and HOME", async () => {
  const path = await program('echo "nats-server: v2.10.0-$SECRET$NATS_URL$HOME"');
  const env = { SECRET: "s3cr3t", NATS_URL: "nats", HOME: "home" };
  expect(await detectVersion(path, { env })).toBe("2.10.0-home");
});

it("ends with the signal's reason when aborted", async () => {
  const stop = new AbortController();
  const detection = detectVersion(await program("sleep 60"), { env: {}, signal: stop.signal });
  stop.abort("enough");
  await expect(detection).rejects.toBe("enough");
});
