/** Where a process listens, as the operating system tells it: the server's own word is not evidence. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import type { Address } from "./engine.ts";

export async function listeningAddresses(pid: number): Promise<readonly Address[]> {
  return process.platform === "linux" ? fromProc(pid) : fromLsof(pid);
}

interface Listening extends Address {
  /** Of the socket. */
  readonly inode: string;
}

async function fromProc(pid: number): Promise<readonly Address[]> {
  return ofProcess(pid, await listeningNow());
}

function ofProcess(pid: number, all: readonly Listening[]): readonly Address[] {
  const sockets = socketInodes(pid);
  return all.filter(({ inode }) => sockets.has(inode)).map(({ host, port }) => ({ host, port }));
}

/** Bytes; the kernel gives no more at a time. */
const PIECE = 4096;

let reading: Promise<unknown> = Promise.resolve();
let next: Promise<readonly Listening[]> | undefined;

/**
 * As it is after the call. Where thousands of connections linger, the kernel takes tens of milliseconds to list them: who
 * asks while that goes on has the next list, together with all others who do.
 */
function listeningNow(): Promise<readonly Listening[]> {
  next ??= reading.then(() => {
    const tables = Promise.all(existing().map(readTable));
    reading = tables.catch(() => {});
    next = undefined;
    return tables.then((texts) => texts.flatMap(listeningRows));
  });
  return next;
}

/** In pieces, until there are no more: `readFile` of Node 20.12 takes the first one of such a file for all of it. */
async function readTable(path: string): Promise<string> {
  await using file = await open(path);
  const pieces: Buffer[] = [];
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(PIECE));
    if (bytesRead === 0) return Buffer.concat(pieces).toString("latin1");
    pieces.push(buffer.subarray(0, bytesRead));
  }
}

/** Of our network, which is that of the processes that we start. */
function existing(): readonly string[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].filter(existsSync);
}

function socketInodes(pid: number): ReadonlySet<string> {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}

/** Who listens on a TCP port, for people: `process 4711 (nats-server)`. Undefined where the system does not tell us. */
export function holderOf(port: number): string | undefined {
  try {
    const pid = process.platform === "linux" ? pidFromProc(port) : pidFromLsof(port);
    if (pid === undefined) return undefined;
    return `process ${pid} (${nameOf(pid)})`;
  } catch {
    return undefined;
  }
}

function nameOf(pid: number): string {
  if (process.platform === "linux") return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  const path = execFileSync("ps", ["-o", "comm=", "-p", String(pid)], { encoding: "utf8" }).trim();
  return path.slice(path.lastIndexOf("/") + 1);
}

function pidFromProc(port: number): number | undefined {
  const there = existing()
    .flatMap((table) => listeningRows(readFileSync(table, "utf8")))
    .filter((one) => one.port === port);
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).find((pid) => {
    try {
      return ofProcess(pid, there).length > 0;
    } catch {
      return false; // another user's, or gone
    }
  });
}

function pidFromLsof(port: number): number | undefined {
  const args = ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fp"];
  return Number(/^p(\d+)$/m.exec(execFileSync("lsof", args, { encoding: "utf8" }))?.[1]) || undefined;
}

/** A row of /proc/net/tcp in state 0A (LISTEN): its address, its port, and in the tenth column its inode. See proc(5). */
const LISTENING = /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F:]+ 0A (?:\S+ +){5}(\d+)/gm;

function listeningRows(table: string): readonly Listening[] {
  return [...table.matchAll(LISTENING)].map(([, address = "", port = "", inode = ""]) => ({
    host: addressFromHex(address),
    port: Number.parseInt(port, 16),
    inode,
  }));
}

/** The kernel prints an address as 32-bit words in host byte order, which is little-endian wherever Node runs. */
function addressFromHex(hex: string): string {
  const bytes = Buffer.from(hex, "hex").swap32();
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

async function fromLsof(pid: number): Promise<readonly Address[]> {
  const args = ["-nP", "-a", "-p", String(pid), "-iTCP", "-sTCP:LISTEN", "-Fn"];
  const { stdout } = await promisify(execFile)("lsof", args);
  return stdout.split("\n").flatMap((line) => {
    const [, host, port] = /^n(.+):(\d+)$/.exec(line) ?? [];
    if (host === undefined) return [];
    return [{ host: host === "*" ? "0.0.0.0" : host.replace(/^\[|\]$/g, ""), port: Number(port) }];
  });
}

/** 127.0.0.0/8, ::1, or the former mapped into the latter's family. */
export function isLoopback(host: string): boolean {
  return /^127\./.test(host) || host === "::1" || /^::ffff:(127\.|7f)/.test(host);
}
