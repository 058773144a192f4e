/** Detached sandboxes as others see them: their status, their keepers, their servers, the secrets that nobody may see. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { listHandedOut } from "../handed-out.ts";
import type { Status } from "../keeper/status.ts";
import type { Connection } from "../model.ts";
import { startTime } from "../state/process-id.ts";
import { readInfo, WireSession } from "../wire/session.ts";
import { eventually } from "./cli-program.ts";
import type { Room, RunOptions } from "./cli-room.ts";
import { all } from "./state-home.ts";

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

/** Which server answers at a port, if any does: a port that was given back may soon be another one's. */
export async function serverAt(port: number): Promise<string | undefined> {
  const info = await readInfo("127.0.0.1", port, performance.now() + 2_000).catch(() => undefined);
  return info?.server_id;
}

export async function answers(port: number): Promise<boolean> {
  return (await serverAt(port)) !== undefined;
}

export function lives(pid: number): boolean {
  return startTime(pid) !== undefined;
}

/** Pids of the keepers of a room. */
export function keepers(room: Room): readonly number[] {
  return [...room.processes()].flatMap(([pid, args]) => (/main\.js keep /.test(args) ? [pid] : []));
}

/** Whether a client gets in with this, and nothing else. */
export async function getsIn(connection: Connection): Promise<boolean> {
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
}

/** Whether each client gets in with what it was handed out. */
export async function clientsGetIn(dir: string): Promise<readonly boolean[]> {
  return Promise.all(listHandedOut(dir).map(({ connection }) => getsIn(connection)));
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

/** `down`, which must go well. */
export async function down(room: Room): Promise<void> {
  const { status, stderr } = await room.run(["down"]);
  if (status !== 0) throw new Error(`down ended with ${status}:\n${stderr}`);
}

export const identityFile = (room: Room, mode: string) =>
  join(room.state, "default/identity", `${mode}.json`);
export const readIdentity = (room: Room, mode: string) =>
  JSON.parse(readFileSync(identityFile(room, mode), "utf8"));

/** What a user's programs may hold on to: URLs, and the content of every file that is handed out. */
export function handedOut({ modes, dir }: Status): Readonly<Record<string, string>> {
  const urls = modes.map(({ mode, url = "" }) => [`url of ${mode}`, url]);
  const files = all(dir).filter(
    (file) => /\/clients\/|\.env$/.test(file) && statSync(join(dir, file)).isFile(),
  );
  return Object.fromEntries([...urls, ...files.map((file) => [file, readFileSync(join(dir, file), "utf8")])]);
}

/** Brings it up, sees that its clients get in, takes it down. */
export async function lifeOf(room: Room, args: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const told = await upDetached(room, args);
  const seen = handedOut(told);
  if ((await clientsGetIn(told.dir)).includes(false)) throw new Error("a client does not get in");
  await down(room);
  return seen;
}

export const differing = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>) =>
  Object.keys(one).filter((key) => one[key] !== other[key]);
