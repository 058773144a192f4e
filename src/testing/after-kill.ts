/** The kill of an owner, and what the commands after it are to find. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { lives, portOf } from "./cli-detached.ts";
import type { Room } from "./cli-room.ts";
import { MODES, READY, rememberedPorts } from "./kill-moments.ts";

/** One that stops may be quicker than we are. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    expect(lives(pid)).toBe(false);
  }
}

/** The next commands: the same name takes it over; any other, such as that of `check`, clears it away on its way. */
export const NEXT: readonly ((room: Room) => Promise<void>)[] = [
  async (room) => {
    const up = await room.start(["up", "open"]).says(READY);
    expect((await up.end("SIGTERM")).status).toBe(0);
  },
  async (room) => {
    const { status, stdout, stderr } = await room.run(["check", "open"]);
    expect({ status, trouble: status === 0 ? [] : [stdout, stderr] }).toEqual({ status: 0, trouble: [] });
  },
  async (room) => {
    const { status, stderr } = await room.run(["down"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "default is not up: nothing to stop\n" });
  },
  async (room) => {
    const before = rememberedPorts(room);
    const { status, stdout, stderr } = await room.run(["up", "--detach", "--json", ...MODES]);
    expect({ status, trouble: status === 0 ? [] : [stdout, stderr] }).toEqual({ status: 0, trouble: [] });
    // Since the kill, any other program may have been given the port: that is told, and so it is not a failure.
    for (const [mode, port] of before)
      if (portOf(JSON.parse(stdout), mode) !== port)
        expect(stderr).toContain(`port ${port}, asked for by ${mode}/server, is taken`);
    expect((await room.run(["down"])).status).toBe(0);
  },
];

/** All but the logs that stay after a failed check, which on a machine short of time there may have been before the kill. */
export function uncleared(room: Room): readonly string[] {
  const isFile = (file: string) => statSync(join(room.dir, file)).isFile();
  const left = room.left();
  if (!left.some((file) => file.endsWith("/server.log"))) return left;
  return left.filter((file) => isFile(file) && !/\/(server\.log|\.gitignore)$/.test(file));
}
