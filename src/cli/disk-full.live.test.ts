/** A disk without room, at every amount of room: one clear sentence, status 3, nothing left running, nothing in the way. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRoom, type Room } from "../testing/cli-room.ts";
import { DOCKER_ENV, NO_DOCKER } from "../testing/docker-lab.ts";

function mount(dir: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", dir], { stdio: "ignore" });
}

function mayMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), "nats-sandbox-mount-"));
  try {
    mount(dir);
    execFileSync("umount", [dir]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

let room: Room;
let disk: string;
/** A file system of 64 KiB of its own, where one may be mounted. */
const MOUNTABLE = mayMount();

beforeAll(async () => {
  room = await openRoom("disk-full");
  disk = join(room.dir, "work/disk");
  mkdirSync(disk);
  if (MOUNTABLE) mount(disk);
});
afterAll(async () => {
  if (MOUNTABLE) execFileSync("umount", [disk]);
  await room[Symbol.asyncDispose]();
});

/** Leaves so much room (KiB). */
function leaveFree(free: number): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, "fill"), Buffer.alloc(Math.max(0, bavail * bsize - free * 1024)));
}

describe.skipIf(!MOUNTABLE)("a full disk", () => {
  const node = [process.execPath, "--version"];
  const commands = [
    ["up", "tls"],
    ["up", "tls", "-d"],
    ["check", "tls"],
    ["exec", "tls", "--", ...node],
    ...(NO_DOCKER === "" ? [["check", "tls", "--engine", "docker"]] : []),
  ];
  const cases = commands.flatMap((args) => [0, 4, 8, 16, 24].map((free) => ({ args, free })));

  it.each(cases)("with $free KiB of room ends $args", async ({ args, free }) => {
    const env = { ...DOCKER_ENV, NATS_SANDBOX_HOME: join(disk, ".nats-sandbox") };
    leaveFree(free);
    const { status, stdout, stderr } = await room.run(args, { env });
    expect(status).toBe(args[0] === "exec" ? 125 : 3);
    expect(stderr).toMatch(/^✖ (the disk is full|cannot write the state directory .*)\n {2}.*\n→ .+$/m);
    expect(stderr + stdout).not.toMatch(/^ +at /m);
    expect(await room.remaining()).toEqual([]);
    rmSync(join(disk, "fill"));
    expect((await room.run(["down", "--forget"], { env })).status).toBe(0);
    expect(readdirSync(disk)).toEqual([]);
  });
});
