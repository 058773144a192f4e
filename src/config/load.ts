/** Reads nats-sandbox.yaml, if there is one. What understands it is loaded only then. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { join, resolve } from "node:path";
import { codeOf, messageOf, SandboxError } from "../errors.ts";
import type { Mode } from "../model.ts";
import { type Config, DEFAULT_SELECTION, type Rules } from "./config.ts";

export const CONFIG_FILE = "nats-sandbox.yaml";
/** Bytes. */
const LARGEST = 1_000_000;

/**
 * Settings and modes out of `file`, or out of nats-sandbox.yaml in `cwd` when it is there; otherwise the given modes
 * alone.
 * @throws SandboxError `invalid-config`; never with the value of a variable
 */
export async function loadConfig(
  file: string | undefined,
  cwd: string,
  env: NodeJS.ProcessEnv,
  modes: readonly Mode[],
  rules: Rules = {},
): Promise<Config> {
  if (file === undefined && !isThere(join(cwd, CONFIG_FILE))) return { modes, selected: DEFAULT_SELECTION };
  const shown = file ?? CONFIG_FILE;
  const path = resolve(cwd, shown);
  const text = readText(path, shown);
  const { parseConfig } = await import("./parse.ts");
  return parseConfig({ path, shown: printable(shown), text }, env, modes, rules);
}

/** A link that leads nowhere is there too: whoever made it means it to be read. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function readText(path: string, shown: string): string {
  const bytes = readBytes(path, shown);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // told below
  }
  throw invalid(shown, "is no text in UTF-8", "save it as UTF-8, or give a file that is YAML");
}

function readBytes(path: string, shown: string): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // a FIFO would wait for a writer
    const kind = fstatSync(descriptor);
    if (kind.isDirectory())
      throw invalid(shown, "is a folder", `give the file in it: ${join(shown, CONFIG_FILE)}`);
    if (!kind.isFile()) throw invalid(shown, "is no plain file", "give a plain file of YAML");
    const buffer = Buffer.alloc(LARGEST + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read)
      read = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (length > LARGEST)
      throw invalid(
        shown,
        `is larger than ${LARGEST / 1_000_000} MB`,
        "give a file of YAML that a person wrote",
      );
    return buffer.subarray(0, length);
  } catch (error) {
    if (error instanceof SandboxError) throw error;
    throw unreadable(shown, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function unreadable(shown: string, error: unknown): SandboxError {
  switch (codeOf(error)) {
    case "ENOENT":
    case "ENOTDIR":
      return invalid(shown, "does not exist", "give a file with --config, or write one: nats-sandbox init");
    case "EACCES":
    case "EPERM":
      return invalid(
        shown,
        "may not be read by you",
        "change its permissions, or give another one with --config",
      );
    case "ENXIO":
      return invalid(shown, "is no plain file", "give a plain file of YAML");
    default:
      return invalid(shown, `cannot be read: ${messageOf(error)}`, "give another one with --config");
  }
}

function invalid(shown: string, what: string, fix: string): SandboxError {
  return new SandboxError("invalid-config", `${printable(shown)} ${what}`, { fix });
}

/** A path as it is, or in quotes where it could be mistaken for our words. */
function printable(path: string): string {
  return /^[\p{L}\p{N}._/\\~@+-]+$/u.test(path) ? path : JSON.stringify(path);
}
