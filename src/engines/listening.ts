/** Where a process listens, as the operating system tells it: the server's own word is not evidence. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export async function listeningAddresses(pid: number): Promise<readonly Address[]> {
  return process.platform === "linux" ? fromProc(pid) : fromLsof(pid);
}

/** Read in one go: a dozen small reads from memory are done before a thread would have been woken for the first. */
function fromProc(pid: number): readonly Address[] {
  const sockets = socketInodes(pid);
  const tables = ["tcp", "tcp6"].map((name) => `/proc/${pid}/net/${name}`).filter(existsSync);
  return tables.flatMap((table) => listeningRows(readFileSync(table, "utf8"), sockets));
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

/** A row of /proc/net/tcp in state 0A (LISTEN): its address, its port, and in the tenth column its inode. See proc(5). */
const LISTENING = /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F:]+ 0A (?:\S+ +){5}(\d+)/gm;

function listeningRows(table: string, sockets: ReadonlySet<string>): readonly Address[] {
  const rows = [...table.matchAll(LISTENING)].filter(([, , , inode = ""]) => sockets.has(inode));
  return rows.map(([, address = "", port = ""]) => ({
    host: addressFromHex(address),
    port: Number.parseInt(port, 16),
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
