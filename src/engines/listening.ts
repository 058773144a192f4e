/** Where a process listens, as the operating system tells it: the server's own word is not evidence. */
import { execFile } from "node:child_process";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export async function listeningAddresses(pid: number): Promise<readonly Address[]> {
  return process.platform === "linux" ? fromProc(pid) : fromLsof(pid);
}

async function fromProc(pid: number): Promise<readonly Address[]> {
  const sockets = await socketInodes(pid);
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8").catch(() => "")),
  );
  return tables.flatMap((table) => listeningRows(table, sockets));
}

async function socketInodes(pid: number): Promise<ReadonlySet<string>> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")));
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** Rows in state 0A (LISTEN) of /proc/net/tcp whose inode (field 10) is the process's own: proc(5). */
function listeningRows(table: string, sockets: ReadonlySet<string>): readonly Address[] {
  // Thousands of rows may be in other states: those are dropped before anything is taken apart.
  const lines = table.split("\n").filter((line) => line.includes(" 0A "));
  const rows = lines.map((line) => line.trim().split(/\s+/));
  return rows.flatMap(([, local = "", , state, , , , , , inode = ""]) => {
    if (state !== "0A" || !sockets.has(inode)) return [];
    const [address = "", port = ""] = local.split(":");
    return [{ host: addressFromHex(address), port: Number.parseInt(port, 16) }];
  });
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
