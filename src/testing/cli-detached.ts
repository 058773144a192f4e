/** Detached sandboxes as others see them: their status, their keepers, their servers, the secrets that nobody may see. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listHandedOut } from "../handed-out.ts";
import type { Status } from "../keeper/status.ts";
import { startTime } from "../state/process-id.ts";
import { readInfo, WireSession } from "../wire/session.ts";
import { eventually } from "./cli-program.ts";
import type { Room, RunOptions } from "./cli-room.ts";

/** `up --detach`, which must go well; its document. */
export async function upDetached(
  room: Room,
  args: readonly string[] = ["open"],
  options?: RunOptions,
): Promise<Status> {
  const { status, stdout, stderr } = await room.run(["up", "--detach", "--json", ...args], options);
  if (status !== 0) throw new Error(`up --detach ended with ${status}:\n${stdout}${stderr}`);
  return JSON.parse(stdout) as Status;
}

export async function askStatus(room: Room, args: readonly string[] = [], options?: RunOptions) {
  const { status, stdout } = await room.run(["status", "--json", ...args], options);
  return { exit: status, document: JSON.parse(stdout) };
}

export function portOf({ modes }: Status, name?: string): number {
  const mode = modes.find((one) => name === undefined || one.mode === name);
  return mode?.servers?.[0]?.ports.client ?? 0;
}

export async function answers(port: number): Promise<boolean> {
  const info = await readInfo("127.0.0.1", port, performance.now() + 2_000).catch(() => undefined);
  return info?.version !== undefined;
}

export function lives(pid: number): boolean {
  return startTime(pid) !== undefined;
}

/** Pids of the keepers of a room. */
export function keepers(room: Room): readonly number[] {
  return [...room.processes()].flatMap(([pid, args]) => (/main\.js keep /.test(args) ? [pid] : []));
}

/** Whether each client gets in with what it was handed out. */
export async function clientsGetIn(dir: string): Promise<readonly boolean[]> {
  return Promise.all(
    listHandedOut(dir).map(async ({ connection }) => {
      const session = new WireSession(connection, { deadline: performance.now() + 10_000 });
      try {
        await session.open();
        await session.connect();
        return session.trace.pong;
      } catch {
        return false;
      } finally {
        session.close();
      }
    }),
  );
}

/** No process, no lock, no file but what is to last. */
export async function nothingRuns(room: Room): Promise<void> {
  const [left, processes] = [room.left(), await room.remaining()];
  if (left.length + processes.length > 0) throw new Error(`left: ${[...left, ...processes].join(", ")}`);
}

export async function gone(room: Room): Promise<void> {
  await eventually(() => room.processes().size === 0, "everything to end");
}

/** Every secret of the identities of a sandbox: passwords, tokens, hashes, lines of keys. */
export function secretsOf(room: Room, name = "default"): readonly string[] {
  const dir = join(room.state, name, "identity");
  const files = existsSync(dir) ? readdirSync(dir) : [];
  return files.flatMap((file) => {
    const { secrets, pairs } = JSON.parse(readFileSync(join(dir, file), "utf8"));
    const values = Object.values<Record<string, string>>(secrets).flatMap(({ user: _, ...rest }) =>
      Object.values(rest),
    );
    const keys = Object.values<{ readonly key: string }>(pairs).flatMap(({ key }) =>
      key.split("\n").slice(1, -2),
    );
    return [...values, ...keys];
  });
}
