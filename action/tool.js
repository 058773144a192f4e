/** Finds the command line that the action speaks for, and runs it: arguments as they are, never through a shell. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * @typedef {object} Ran
 * @property {number} status 128 and the number of the signal, when one ended it
 * @property {NodeJS.Signals | null} signal the one that was passed on to it, else the one that ended it
 * @property {string} stdout
 * @property {string} stderr
 *
 * @typedef {object} Use
 * @property {Readonly<Record<string, string>>} [env] added to the environment
 * @property {boolean} [silent] what it says is not shown
 */

/** The runner has cancelled the step: nobody is to be told of an error. */
export class Cancelled extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`cancelled: the step was ended by ${signal}`);
    this.status = 128 + constants.signals[signal];
  }
}

/**
 * A program to its end, with its output shown as it comes. A signal that the runner sends to a cancelled step is passed
 * on, so that it can end as it should.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Use} [use]
 * @returns {Promise<Ran>}
 */
export async function run(program, args, { env = {}, silent = false } = {}) {
  const child = spawn(program, args, {
    // The node that runs this one comes last: there may be no other.
    env: { ...process.env, PATH: `${process.env.PATH ?? ""}:${dirname(process.execPath)}`, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  /** @type {NodeJS.Signals | null} */
  let passed = null;
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    passed ??= signal;
    child.kill(signal);
  };
  process.on("SIGINT", passOn).on("SIGTERM", passOn);
  const told = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    told.stdout += text;
    if (!silent) process.stdout.write(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    told.stderr += text;
    if (!silent) process.stderr.write(text);
  });
  try {
    /** @type {Pick<Ran, "status" | "signal">} */
    const ended = await new Promise((resolve, reject) => {
      child.once("error", reject).once("close", (code, signal) => {
        const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
        resolve({ status, signal: passed ?? signal });
      });
    });
    return { ...ended, ...told };
  } finally {
    process.off("SIGINT", passOn).off("SIGTERM", passOn);
  }
}

/** What ran, for a step that goes on only when it was not cancelled meanwhile. @param {Ran} ran */
export function unlessCancelled(ran) {
  if (ran.signal === "SIGINT" || ran.signal === "SIGTERM") throw new Cancelled(ran.signal);
  return ran;
}

/**
 * The program and its first arguments: the build beside the action where there is one and no version is asked for, else
 * the package, installed once into `dir`.
 * @param {string} version
 * @param {string} dir
 * @returns {Promise<string[]>}
 */
export async function findTool(version, dir) {
  const built = join(ROOT, "dist/cli/main.js");
  if (version === "" && existsSync(built)) return [process.execPath, built];
  const wanted =
    version === "" ? JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version : version;
  const quiet = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--loglevel=error"];
  const install = ["install", "--prefix", dir, ...quiet, `nats-sandbox@${wanted}`];
  const { status } = unlessCancelled(await run("npm", install));
  if (status !== 0) throw new Error(`nats-sandbox@${wanted} cannot be installed: npm ended with ${status}`);
  return [process.execPath, join(dir, "node_modules/nats-sandbox/dist/cli/main.js")];
}

/** What it says of why it ended: its last block that begins with a cross. @param {Ran} ran */
export function complaintIn({ status, stderr }) {
  const lines = stderr.trimEnd().split("\n");
  const at = lines.findLastIndex((line) => line.startsWith("✖ "));
  const text = at < 0 ? lines.slice(-3).join("\n") : lines.slice(at).join("\n").slice(2);
  return text.trim() === "" ? `it ended with ${status}` : text;
}
