/**
 * Cuts the README's transcripts from a real run, and its table of modes from the program. With --check: fails when they
 * no longer say what a run says. Ports, times and the like differ from run to run and do not count.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { between, code, table } from "./docs/page.mjs";

const README = new URL("../README.md", import.meta.url);
const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
/** How long (ms) a run may take, the fetch of a server included. */
const DEADLINE = 300_000;

/** A newcomer's machine: no `nats` command, and no server but the one that is fetched. */
function newcomer() {
  const tools = ["nats", "nats-server", "gnatsd"];
  const isBare = (folder) => !tools.some((tool) => existsSync(join(folder, tool)));
  const { NATS_SANDBOX_SERVER: _, NATS_SANDBOX_HOME: __, ...env } = process.env;
  return { ...env, PATH: process.env.PATH.split(delimiter).filter(isBare).join(delimiter) };
}

/** Runs the program in an empty directory, until it ends, or until `stdout` shows that it is ready. */
async function run(args, ready) {
  const cwd = mkdtempSync(join(tmpdir(), "readme-"));
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: newcomer(),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: DEADLINE,
  });
  let seen = "";
  child.stdout.on("data", (chunk) => {
    seen += chunk;
    if (ready?.test(seen) && !child.killed) child.kill("SIGINT");
  });
  try {
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
    return { stdout, stderr };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

function fenced(kind, content) {
  return `\`\`\`${kind}\n${content.trimEnd()}\n\`\`\``;
}

/** As a terminal shows it once it is ready; what is drawn and taken away again on the way there is left out. */
async function upTranscript() {
  const { stdout, stderr } = await run(["up"], /Test keys only/);
  const headline = stderr.match(/^nats-server \d[^\n]*\n[^\n]*engine[^\n]*$|^nats-server \d[^\n]*$/m)?.[0];
  if (headline === undefined) throw new Error(`the run printed no headline: ${stderr}`);
  // Whether the cached server came as a release archive or by a package manager depends on the machine.
  return fenced("", `$ npx nats-sandbox up\n${headline.replace(/ \(.*\)/, "")}\n\n${stdout}`);
}

async function strangerExcerpt() {
  const found = await strangerResult(5);
  const { check, as, driver, expect, got, decidedBy, verdict, evidence } = found;
  return fenced(
    "json",
    JSON.stringify({ check, as, driver, expect, got, decidedBy, verdict, evidence }, null, 2),
  );
}

/** On a machine that is very busy, a bare reset can overtake the alert: a refusal all the same, but not one to show. */
async function strangerResult(tries) {
  const { stdout } = await run(["check", "tls-verify", "--json"]);
  const found = JSON.parse(stdout).results.find(({ id }) => id === "tls-verify/stranger");
  return /TLS alert/.test(found.evidence.client) || tries <= 1 ? found : strangerResult(tries - 1);
}

async function modesTable() {
  const { MODES } = await import(new URL("../dist/modes/all.gen.js", import.meta.url));
  return table(
    ["mode", "checks", "what it proves"],
    MODES.map(({ name, aliases = [], checks, why }) => [
      [name, ...aliases].map(code).join(", "),
      Object.keys(checks).length,
      why,
    ]),
  );
}

/** What differs between two runs of the same program. */
function constant(page) {
  return page
    .replace(/(localhost|127\.0\.0\.1):\d+/g, "$1:PORT")
    .replace(/ in \d+\.\d s\./g, " in SECONDS s.")
    .replace(/cid:\d+/g, "cid:N")
    .replace(/SHA-256: [0-9a-f]{64}/g, "SHA-256: HASH")
    .replace(/ {2,}/g, "  ");
}

const before = readFileSync(README, "utf8");
const parts = { up: await upTranscript(), stranger: await strangerExcerpt(), modes: await modesTable() };
const after = Object.entries(parts).reduce((page, [name, part]) => between(page, name, part), before);

if (constant(after) !== constant(before)) {
  if (process.argv.includes("--check")) {
    const old = constant(before).split("\n");
    const news = constant(after)
      .split("\n")
      .filter((line) => !old.includes(line));
    console.error(`stale, run \`npm run generate\`: README.md; a run now says\n${news.join("\n")}`);
    process.exit(1);
  }
  writeFileSync(README, after);
}
