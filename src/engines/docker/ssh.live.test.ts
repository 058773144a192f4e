/** An engine behind a real sshd: it works as one that is here, and no ssh outlives its use. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { openRoom } from "../../testing/cli-room.ts";
import { DOCKER_ENV, NO_DOCKER } from "../../testing/docker-lab.ts";
import { NO_SSHD, type Sshd, startSshd } from "../../testing/docker-sshd.ts";
import { connectDocker } from "./connect.ts";

vi.setConfig({ testTimeout: 90_000 });

const SOCKET = DOCKER_ENV.DOCKER_HOST.replace(/^unix:\/\//, "");
const NOT_HERE = NO_DOCKER || NO_SSHD || (SOCKET.startsWith("/") ? "" : "the engine has no socket here");

describe.skipIf(NOT_HERE !== "")(`an engine behind ssh ${NOT_HERE}`, () => {
  let dir: string;
  let sshd: Sshd;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "nats-sandbox-sshd-"));
    sshd = await startSshd(dir, SOCKET);
  });
  afterAll(async () => {
    await sshd?.[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  it("runs servers that pass all their checks; they are dialled where ssh's config says; nothing is left", async () => {
    await using room = await openRoom("ssh");
    sshd.client(join(room.dir, "bin"));
    const args = ["check", "tls-verify", "user-pass", "--engine", "docker"];
    const { status, stdout, stderr } = await room.run(args, { env: { DOCKER_HOST: sshd.url } });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout + stderr).toMatch(/2 modes, \d+ checks passed/);
    expect(stdout + stderr).toContain(`at ${sshd.url}`);
    expect(stderr).not.toContain("Warning");
    expect(await room.remaining()).toEqual([]);
  });

  it("is left clean by a Ctrl-C, which goes to no ssh", async () => {
    await using room = await openRoom("ssh");
    sshd.client(join(room.dir, "bin"));
    const up = room.start(["up", "open", "--engine", "docker"], { env: { DOCKER_HOST: sshd.url } });
    await up.says(/Ctrl-C stops everything/);
    expect((await up.end("SIGINT")).status).toBe(0);
    const { docker } = await connectDocker({ ...process.env, ...DOCKER_ENV });
    const left = await docker.listContainers({ all: true, filters: { label: ["nats-sandbox.project"] } });
    const projects = left.map(({ Labels }) => Labels["nats-sandbox.project"] ?? "");
    expect(projects.filter((project) => project.startsWith(room.dir))).toEqual([]);
    expect(await room.remaining()).toEqual([]);
  });

  test.each([
    ["whose key has changed", "misled", /Host key verification failed/],
    ["that does not know us", "unknown", /Permission denied \(publickey\)/],
  ] as const)("a host %s refuses, in ssh's own words", async (_, as, words) => {
    await using room = await openRoom("ssh");
    sshd.client(join(room.dir, "bin"), as);
    const args = ["check", "open", "--engine", "docker"];
    const { status, stderr } = await room.run(args, { env: { DOCKER_HOST: sshd.url } });
    expect(status).toBe(3);
    expect(stderr).toMatch(words);
    expect(stderr).toContain("unset DOCKER_HOST");
    expect(await room.remaining()).toEqual([]);
  });

  it("whose sshd is not there is told at once", async () => {
    const bin = join(dir, "bin");
    mkdirSync(bin);
    sshd.client(bin);
    const env = { HOME: dir, PATH: bin, DOCKER_HOST: `ssh://127.0.0.1:1` };
    await expect(connectDocker(env)).rejects.toMatchObject({
      code: "engine-unavailable",
      detail: expect.stringContaining("Connection refused"),
    });
  });

  it("cannot be reached without ssh", async () => {
    await expect(connectDocker({ HOME: dir, PATH: "", DOCKER_HOST: sshd.url })).rejects.toMatchObject({
      detail: expect.stringContaining("there is no ssh on PATH"),
    });
  });
});
