/** Asks the owner of a sandbox through its control socket. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { hostname } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { clearDead } from "../engines/clear-dead.ts";
import { codeOf, SandboxError } from "../errors.ts";
import { livingOwner, lockPath, type Owner } from "../state/lock.ts";
import type { ProcessId } from "../state/process-id.ts";
import { checkName, type SandboxPlace } from "../state/state.ts";
import type { ErrorDocument } from "./control.ts";
import type { LogLine } from "./logs.ts";
import { connectTo } from "./socket.ts";
import type { Status } from "./status.ts";

/** How long (ms) an owner may take to answer. */
const ANSWER_TIMEOUT = 5_000;
/** The same where it has to stop and start servers first, which have times of their own. */
const WORK_TIMEOUT = 60_000;
/** How long (ms) an owner may take to stop its servers before it is ended by force. */
const STOP_TIMEOUT = 15_000;

/**
 * @throws SandboxError `not-up` when nobody owns the sandbox
 */
export function ownerOf({ home, name }: SandboxPlace): ProcessId {
  checkName(name);
  const owner = livingOwner(home, name);
  if (owner !== undefined) return owner;
  throw new SandboxError("not-up", `the sandbox ${name} is not up`, {
    detail: `nobody owns it in ${home}`,
    fix: `nats-sandbox up --detach --name ${name} starts it`,
  });
}

export async function askStatus(place: SandboxPlace): Promise<Status> {
  return ask(place, "GET", "/status");
}

export async function askRestart(place: SandboxPlace, modes: readonly string[]): Promise<Status> {
  return ask(place, "POST", `/restart?${query(modes)}`, WORK_TIMEOUT);
}

/** Names of the modes that have new certificates. */
export async function askRenew(place: SandboxPlace, modes: readonly string[]): Promise<readonly string[]> {
  const path = `/renew?${query(modes)}`;
  const { modes: renewed } = await ask<{ modes: readonly string[] }>(place, "POST", path, WORK_TIMEOUT);
  return renewed;
}

export async function* askLogs(
  place: SandboxPlace,
  modes: readonly string[],
  { follow, last }: { readonly follow: boolean; readonly last?: number },
): AsyncGenerator<LogLine> {
  const more = `${follow ? "&follow" : ""}${last === undefined ? "" : `&last=${last}`}`;
  const response = await send(place, "GET", `/logs?${query(modes)}${more}`);
  if (response.statusCode !== 200) throw await failure(response);
  try {
    for await (const line of createInterface({ input: response })) yield JSON.parse(line) as LogLine;
  } catch (error) {
    if (codeOf(error) !== "ECONNRESET") throw error; // it is being stopped: there is no more to come
  }
}

/**
 * Has the owner stop everything, and waits until it has. One that does not answer gets a SIGTERM, then a SIGKILL: its
 * servers end with it. Returns false when nobody owns the sandbox.
 */
export async function stopOwner(place: SandboxPlace, forget: boolean): Promise<boolean> {
  const { home, name } = place;
  const owner = livingOwner(home, name);
  if (owner === undefined) return false;
  if (owner.host !== hostname()) throw elsewhere(place, owner);
  const asked = await send(place, "POST", forget ? "/stop?forget" : "/stop").catch(() => undefined);
  asked?.resume();
  if (asked?.statusCode !== 202) signal(owner, "SIGTERM"); // it is starting, or stopping already
  if (await isGone(place, owner, STOP_TIMEOUT)) return true;
  signal(owner, "SIGKILL");
  await isGone(place, owner, STOP_TIMEOUT);
  await clearDead(home);
  return true;
}

/** Its number means another process here, or none. */
function elsewhere({ home, name }: SandboxPlace, { pid, host }: Owner): SandboxError {
  return new SandboxError("name-in-use", `the sandbox ${name} is up on ${host}`, {
    detail: `process ${pid} there owns it, in ${home}`,
    fix: `stop it there; if that machine is gone, delete ${lockPath(home, name)}`,
  });
}

function signal({ pid }: ProcessId, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}

async function isGone({ home, name }: SandboxPlace, owner: ProcessId, patience: number): Promise<boolean> {
  const end = performance.now() + patience;
  while (performance.now() < end) {
    const now = livingOwner(home, name);
    if (now?.pid !== owner.pid || now.started !== owner.started) return true;
    await sleep(10);
  }
  return false;
}

function query(modes: readonly string[]): string {
  return modes.map((mode) => `mode=${encodeURIComponent(mode)}`).join("&");
}

async function ask<T>(
  place: SandboxPlace,
  method: "GET" | "POST",
  path: string,
  patience = ANSWER_TIMEOUT,
): Promise<T> {
  const response = await send(place, method, path, patience);
  if (response.statusCode !== 200) throw await failure(response);
  return JSON.parse(await textOf(response)) as T;
}

/** The head of the answer, waited for `patience` ms. */
async function send(
  place: SandboxPlace,
  method: "GET" | "POST",
  path: string,
  patience = ANSWER_TIMEOUT,
): Promise<IncomingMessage> {
  const owner = ownerOf(place);
  const socket = connectTo(place.dir);
  try {
    await once(socket, "connect");
  } catch (error) {
    throw silent(place, owner, "it is starting or stopping", error);
  }
  const asked = request({ method, path, createConnection: () => socket, headers: { connection: "close" } });
  asked.on("error", () => {}); // once nobody waits for its answer any more
  asked.end();
  try {
    const [response] = await once(asked, "response", { signal: AbortSignal.timeout(patience) });
    return response as IncomingMessage;
  } catch (error) {
    asked.destroy();
    const ended = codeOf(error) === "ECONNRESET";
    const why = ended ? "it is being stopped" : `it has said nothing for ${patience / 1000} s`;
    throw silent(place, owner, why, error);
  }
}

function silent({ name }: SandboxPlace, { pid }: ProcessId, why: string, cause: unknown): SandboxError {
  return new SandboxError("not-up", `the sandbox ${name} does not answer`, {
    detail: `process ${pid} owns it; ${why}`,
    fix: `try again in a moment; nats-sandbox down --name ${name} ends it`,
    cause,
  });
}

async function failure(response: IncomingMessage): Promise<SandboxError> {
  const { error } = JSON.parse(await textOf(response)) as ErrorDocument;
  const { code, message, detail, fix } = error;
  return new SandboxError(code, message, {
    ...(detail === undefined ? {} : { detail }),
    ...(fix === undefined ? {} : { fix }),
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) text += chunk;
  return text;
}
