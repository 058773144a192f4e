/** The action's step: starts a detached sandbox of its own, checks it, and passes on what its clients need. */
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { annotate, give, lineInput, wordsInput } from "./runner.js";
import { Cancelled, complaintIn, findTool, run, unlessCancelled } from "./tool.js";

/** @typedef {import("../dist/keeper/status.js").Status} Status */
/** @typedef {{ readonly name: string, readonly aliases?: readonly string[], readonly groups: readonly string[] }} Mode */

const REPORTS = { html: "report.html", junit: "junit.xml", markdown: "report.md", json: "report.json" };

/** All of them, before anything is run. */
function readInputs() {
  /** An option with its value, where the input has one. @param {string} name @param {string} input */
  const option = (name, input) => (lineInput(input) === "" ? [] : [`${name}=${lineInput(input)}`]);
  const check = lineInput("check");
  if (!["true", "false"].includes(check)) throw new Error("the input check is neither true nor false");
  return {
    modes: wordsInput("modes"),
    check: check === "true",
    reports: reportPaths(lineInput("report-dir")),
    version: lineInput("version"),
    config: option("--config", "config"),
    options: [
      ...option("--ttl", "ttl"),
      ...option("--engine", "engine"),
      ...option("--server", "server-version"),
    ],
  };
}

/** By format. @param {string} reportDir @returns {Readonly<Record<string, string>>} */
function reportPaths(reportDir) {
  if (reportDir === "") return {};
  const dir = resolve(reportDir);
  return Object.fromEntries(Object.entries(REPORTS).map(([format, file]) => [format, join(dir, file)]));
}

/**
 * A folder and a name that no other step has, known to the last step before anything is started; and the tool.
 * @param {string} version
 * @returns {Promise<{ name: string, home: string, tool: (args: readonly string[], silent?: boolean) => ReturnType<typeof run> }>}
 */
async function prepare(version) {
  const dir = mkdtempSync(join(process.env.RUNNER_TEMP || tmpdir(), "nats-sandbox-"));
  const [name, home] = [`gha-${randomBytes(4).toString("hex")}`, join(dir, "state")];
  give("GITHUB_STATE", { dir, name, home });
  const [program = "", ...first] = await findTool(version, join(dir, "tool"));
  give("GITHUB_STATE", { tool: JSON.stringify([program, ...first]) });
  const env = { NATS_SANDBOX_HOME: home };
  /** @param {readonly string[]} args @param {boolean} [silent] */
  const tool = async (args, silent = false) =>
    unlessCancelled(await run(program, [...first, ...args], { env, silent }));
  return { name, home, tool };
}

/**
 * Names for `env`, in the order of the input's words and the modes of a group in its place: the unprefixed variables are
 * the first one's.
 * @param {readonly string[]} words
 * @param {readonly string[]} up
 * @param {readonly Mode[]} known
 */
function inGivenOrder(words, up, known) {
  const named = words.flatMap((word) => known.filter((mode) => isMeant(mode, word)).map(({ name }) => name));
  return [...new Set([...named, ...up])].filter((name) => up.includes(name));
}

/** By its name, an alias or a group. @param {Mode} mode @param {string} word */
function isMeant({ name, aliases = [], groups }, word) {
  return [name, ...aliases, ...groups].includes(word) || (word === "all" && !groups.includes("faults"));
}

async function main() {
  if (process.platform === "win32")
    throw new Error("nats-sandbox does not run on Windows: use ubuntu-latest or macos-latest, or WSL");
  const { modes: words, check, reports, version, config, options } = readInputs();
  const { name, home, tool } = await prepare(version);
  const { html: report = "", junit = "" } = reports;
  give("GITHUB_OUTPUT", { name, home, report, junit });

  const up = await tool([
    ...["up", "--detach", "--name", name, ...config, ...options],
    ...(check ? [] : ["--keep-on-failure"]),
    ...Object.entries(reports).map(([format, path]) => `--report=${format}=${path}`),
    ...["--", ...words],
  ]);
  if (up.status > 1) throw new Error(complaintIn(up));
  if (up.status === 1 && check)
    throw new Error("not all is as promised: the log has what both sides saw. Everything is stopped");
  if (up.status === 1) annotate("warning", "not all is as promised; the servers are up all the same");

  /** @param {readonly string[]} args of a command that ends with 1 when not all is as promised */
  const told = async (...args) => {
    const ran = await tool([...args, ...config], true);
    if (ran.status > 1) throw new Error(complaintIn(ran));
    return JSON.parse(ran.stdout);
  };
  /** @type {Status} */
  const { modes } = await told("status", "--json", "--name", name);
  const ready = modes.filter(({ state }) => state === "ready");
  const { modes: known } = await told("modes", "--json");
  const order = inGivenOrder(
    words,
    ready.map(({ mode }) => mode),
    known,
  );
  const app = ready.find(({ mode }) => mode === order[0])?.clients?.app;
  if (app === undefined) throw new Error("no mode is up");
  // Masks first, then variables: the command itself does both.
  const env = await tool(["env", "--format", "github", "--name", name, ...config, ...order]);
  if (env.status !== 0) throw new Error(complaintIn(env));
  const servers = ready.map(({ mode, url, servers }) => ({ mode, url, servers }));
  give("GITHUB_OUTPUT", {
    "ca-file": app.ca ?? "",
    "env-file": app.envFile,
    servers: JSON.stringify(servers),
  });
}

try {
  await main();
} catch (error) {
  if (error instanceof Cancelled) process.stdout.write(`nats-sandbox: ${error.message}\n`);
  else annotate("error", error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof Cancelled ? error.status : 1;
}
