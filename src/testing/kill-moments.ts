/** Moments in the life of a sandbox at which its owner can be killed, in the foreground and detached. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { keepers, upDetached } from "./cli-detached.ts";
import { eventually, type Program } from "./cli-program.ts";
import type { Room } from "./cli-room.ts";

/** With certificates and without; both with secrets. */
export const MODES = ["tls-verify", "user-pass-bcrypt"];
export const READY = /Ctrl-C stops everything/;

/** Brings an owner to its moment, and returns its pid. `random` goes from 0 to 1. */
export type Moment = (room: Room, random: () => number) => Promise<number>;

/** Up to so many ms. */
type Wait = (most: number) => Promise<void>;

/** What there is to see of servers on their way, where they run. */
export interface Sight {
  /** Its first trace of something to run servers in. */
  readonly spawns: (room: Room) => boolean | Promise<boolean>;
  /** A server that starts. */
  readonly starts: (room: Room) => boolean | Promise<boolean>;
  /** How many times longer than with processes everything takes. */
  readonly slowness: number;
}

const PROCESSES: Sight = {
  spawns: (room) => room.processes().size > 1,
  starts: (room) => room.servers().length > 0,
  slowness: 1,
};

/** Ways of a command from its first moment on, in order. */
const ON_THE_WAY: Readonly<Record<string, (sight: Sight, room: Room, wait: Wait) => Promise<unknown>>> = {
  "before its servers": (_, __, wait) => wait(400),
  "while it spawns them": ({ spawns }, room) => eventually(() => spawns(room), "a first trace"),
  "while they start": async ({ starts }, room, wait) => {
    await eventually(() => starts(room), "a server");
    await wait(60);
  },
};

function starting(
  sight: Sight,
  args: readonly string[],
  moment: string,
  owner: (program: Program, room: Room) => Promise<number>,
): Moment {
  return async (room, random) => {
    const program = room.start(args);
    await ON_THE_WAY[moment]?.(sight, room, (most) => sleep(random() * most * sight.slowness));
    return owner(program, room);
  };
}

const itself = async (program: Program) => program.pid;

async function itsKeeper(_: Program, room: Room): Promise<number> {
  await eventually(() => keepers(room).length > 0, "a keeper");
  return keepers(room)[0] ?? 0;
}

/** Of a sandbox in the foreground that has come further. */
function foreground({ slowness }: Sight, work: (up: Program, wait: Wait) => Promise<unknown>): Moment {
  return async (room, random) => {
    const up = room.start(["up", ...MODES]);
    await work(up, (most) => sleep(random() * most * slowness));
    return up.pid;
  };
}

/** Of a detached sandbox that is up, while another command has it do something. */
function working({ slowness }: Sight, args: readonly string[], most: number): Moment {
  return async (room, random) => {
    const { owner } = await upDetached(room, MODES);
    if (args.length > 0) room.start(args);
    await sleep(random() * most * slowness);
    return owner;
  };
}

const EXEC = ["exec", ...MODES, "--", "/bin/sleep", "600"];

export function momentsOf(sight: Sight): Readonly<Record<string, Moment>> {
  const ways = Object.keys(ON_THE_WAY).flatMap((moment): readonly (readonly [string, Moment])[] => [
    [`up ${moment}`, starting(sight, ["up", ...MODES], moment, itself)],
    [`a keeper ${moment}`, starting(sight, ["up", "--detach", ...MODES], moment, itsKeeper)],
    [`exec ${moment}`, starting(sight, EXEC, moment, itself)],
  ]);
  return {
    ...Object.fromEntries(ways),
    "up while it checks": foreground(sight, async (up, wait) => {
      await up.says(/ready at/);
      await wait(300);
    }),
    "up when it is ready": foreground(sight, (up) => up.says(READY)),
    "up while it stops": foreground(sight, async (up, wait) => {
      await up.says(READY);
      up.kill("SIGTERM");
      await up.says(/stopping…/);
      await wait(40);
    }),
    "a keeper when it is ready": working(sight, [], 50),
    // A command takes some 100 ms before it asks.
    "a keeper while it renews certificates": working(sight, ["certs", "renew"], 350),
    "a keeper while it restarts": working(sight, ["restart"], 350),
    "a keeper while it stops": working(sight, ["down"], 300),
    "exec while its command runs": async (room, random) => {
      const exec = room.start(EXEC);
      await eventually(
        () => [...room.processes().values()].some((args) => args.startsWith("/bin/sleep")),
        "the command",
      );
      await sleep(random() * 50);
      return exec.pid;
    },
  };
}

/** Of servers that are processes. */
export const MOMENTS = momentsOf(PROCESSES);

/** The ports that its servers had, as they are kept for the next run. */
export function rememberedPorts(room: Room): ReadonlyMap<string, number> {
  const files = room.lasting().filter((file) => /default\/identity\/.*\.json$/.test(file));
  return new Map(
    files.map((file) => {
      const { ports } = JSON.parse(readFileSync(join(room.dir, file), "utf8"));
      return [file.replace(/^.*\/(.*)\.json$/, "$1"), ports.server.client];
    }),
  );
}
