/** The action's step: starts a detached sandbox of its own, checks it, and passes on what its clients need. */
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { annotate, give, input } from "./runner.js";
import { complaintIn, findTool, run } from "./tool.js";

/** @typedef {import("../dist/keeper/status.js").Status} Status */
/** @typedef {{ readonly name: string, readonly aliases?: readonly string[] }} Mode */

const REPORTS = { html: "report.html", junit: "junit.xml", markdown: "report.md", json: "report.json" };

const inputs = {
  modes: input("modes")
    .split(/[\s,]+/)
    .filter((word) => word !== ""),
  check: input("check"),
  reportDir: input("report-dir"),
  version: input("version"),
};

/** An option with its value, where the input has one. @param {string} option @param {string} name */
function optional(option, name) {
  return input(name) === "" ? [] : [`${option}=${input(name)}`];
}

const config = optional("--config", "config");

/** By format. @returns {Readonly<Record<string, string>>} */
function reportPaths() {
  if (inputs.reportDir === "") return {};
  const dir = resolve(inputs.reportDir);
  return Object.fromEntries(Object.entries(REPORTS).map(([format, file]) => [format, join(dir, file)]));
}

/**
 * A folder and a name that no other step has, known to the last step before anything is started; and the tool.
 * @returns {Promise<{ name: string, home: string, tool: (args: readonly string[], silent?: boolean) => ReturnType<typeof run> }>}
 */
async function prepare() {
  const dir = mkdtempSync(join(process.env.RUNNER_TEMP || tmpdir(), "nats-sandbox-"));
  const [name, home] = [`gha-${randomBytes(4).toString("hex")}`, join(dir, "state")];
  give("GITHUB_STATE", { dir, name, home });
  const [program = "", ...first] = await findTool(inputs.version, join(dir, "tool"));
  give("GITHUB_STATE", { tool: JSON.stringify([program, ...first]) });
  const env = { NATS_SANDBOX_HOME: home };
  return { name, home, tool: (args, silent = false) => run(program, [...first, ...args], { env, silent }) };
}

/**
 * Names for `env`, those that were given by name first and in their order: the unprefixed variables are the first one's.
 * @param {readonly string[]} up
 * @param {readonly Mode[]} known
 */
function inGivenOrder(up, known) {
  const named = inputs.modes.flatMap((word) => {
    const mode = known.find(({ name, aliases }) => name === word || aliases?.includes(word));
    return mode === undefined || !up.includes(mode.name) ? [] : [mode.name];
  });
  return [...new Set([...named, ...up])];
}

async function main() {
  if (process.platform === "win32")
    throw new Error("nats-sandbox does not run on Windows: use ubuntu-latest or macos-latest, or WSL");
  if (!["true", "false"].includes(inputs.check)) throw new Error("the input check is neither true nor false");
  const reports = reportPaths();
  const { name, home, tool } = await prepare();
  const { html: report = "", junit = "" } = reports;
  give("GITHUB_OUTPUT", { name, home, report, junit });

  const up = await tool([
    ...["up", "--detach", "--name", name, ...config],
    ...optional("--ttl", "ttl"),
    ...optional("--engine", "engine"),
    ...optional("--server", "server-version"),
    ...(inputs.check === "true" ? [] : ["--keep-on-failure"]),
    ...Object.entries(reports).map(([format, path]) => `--report=${format}=${path}`),
    ...["--", ...inputs.modes],
  ]);
  if (up.status > 1) throw new Error(complaintIn(up.stderr));
  if (up.status === 1 && inputs.check === "true")
    throw new Error("not all is as promised: the log has what both sides saw. Everything is stopped");
  if (up.status === 1) annotate("warning", "not all is as promised; the servers are up all the same");

  /** @param {readonly string[]} args of a command that ends with 1 when not all is as promised */
  const told = async (...args) => {
    const { status, stdout, stderr } = await tool([...args, ...config], true);
    if (status > 1) throw new Error(complaintIn(stderr));
    return JSON.parse(stdout);
  };
  /** @type {Status} */
  const { modes } = await told("status", "--json", "--name", name);
  const ready = modes.filter(({ state }) => state === "ready");
  const { modes: known } = await told("modes", "--json");
  const order = inGivenOrder(
    ready.map(({ mode }) => mode),
    known,
  );
  const app = ready.find(({ mode }) => mode === order[0])?.clients?.app;
  if (app === undefined) throw new Error("no mode is up");
  // Masks first, then variables: the command itself does both.
  const env = await tool(["env", "--format", "github", "--name", name, ...config, ...order]);
  if (env.status !== 0) throw new Error(complaintIn(env.stderr));
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
  annotate("error", error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
