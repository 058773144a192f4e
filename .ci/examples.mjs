/**
 * Runs every example that the help of nats-sandbox gives, for real, in the working directory: a project in which the
 * package is installed. Fails on an example that it does not know how to judge.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ALONE, LAST, MODES, row, WHILE_UP } from "./judge-examples.mjs";

const PROJECT = process.cwd();
/** How long (ms) anything here may take. */
const LIMIT = 120_000;
const env = {
  ...process.env,
  PATH: join(PROJECT, "node_modules", ".bin") + delimiter + process.env.PATH,
  NO_COLOR: "1",
};

/** What is wrong, as it is found. */
const wrong = [];
const before = { files: filesHere(), processes: new Set(processesHere().keys()) };

/**
 * Runs a command line as a shell does, in a process group of its own. With `interrupt`, that group gets SIGINT, as a
 * terminal sends it, as soon as the output matches.
 */
async function shell(line, { interrupt } = {}) {
  const child = spawn("/bin/sh", ["-c", line], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const told = { stdout: "", stderr: "" };
  let interrupted = false;
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch {
      // it has ended
    }
  };
  for (const stream of ["stdout", "stderr"])
    child[stream].setEncoding("utf8").on("data", (text) => {
      told[stream] += text;
      if (interrupted || !interrupt?.test(told.stdout + told.stderr)) return;
      interrupted = true;
      signal("SIGINT");
    });
  const timer = setTimeout(() => signal("SIGKILL"), LIMIT);
  const [code, by] = await new Promise((resolve) => child.once("close", (...end) => resolve(end)));
  clearTimeout(timer);
  return { status: code ?? by, interrupted, ...told };
}

// ---- the examples ------------------------------------------------------------------------------------------------

/** The help of a command and of all commands below it, by their words. */
async function helpOf(words) {
  const { status, stdout } = await shell(`npx nats-sandbox ${[...words, "--help"].join(" ")}`);
  if (status !== 0) wrong.push(`--help of "${words.join(" ")}" ended with ${status}`);
  const [, listed = ""] = /^Commands:\n((?: .*\n)+)/m.exec(stdout) ?? [];
  const names = [...listed.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name]) => name);
  const below = await Promise.all(names.map((name) => helpOf([...words, name])));
  return [{ words, text: stdout }, ...below.flat()];
}

/** The lines below "Example:", each without the remark behind it. */
function examplesIn(text) {
  const blocks = [...text.matchAll(/^Examples?:\n((?: {2}\S.*\n?)+)/gm)].map(([, block]) => block);
  return blocks.flatMap((block) => block.trim().split("\n")).map((line) => line.trim().split(/ {2,}/)[0]);
}

// ---- each of them, run and judged -----------------------------------------------------------------------------------

async function judge(line, { before, good, interrupt, status = [0] }) {
  const start = performance.now();
  const known = before?.();
  // Without exec, the shell itself would end of the SIGINT, and the status would be its own.
  const ran = await shell(interrupt === undefined ? line : `exec ${line}`, { interrupt });
  const problems = [];
  if (!status.includes(ran.status)) problems.push(`ended with ${ran.status}`);
  if (interrupt !== undefined && !ran.interrupted) problems.push(`never said ${interrupt}`);
  try {
    if (!(await good(ran, shell, known))) problems.push("did not do what it says");
  } catch (error) {
    problems.push(String(error));
  }
  console.log(`${problems.length === 0 ? "✔" : "✖"} ${line} (${Math.round(performance.now() - start)} ms)`);
  if (problems.length > 0)
    wrong.push(`${line}: ${problems.join(", ")}\n${(ran.stdout + ran.stderr).slice(-3000)}`);
}

// ---- what is left --------------------------------------------------------------------------------------------------

function filesHere() {
  return readdirSync(PROJECT, { recursive: true, encoding: "utf8" }).filter(
    (file) => !/^node_modules(\/|$)/.test(file),
  );
}

/** Arguments, by pid, of the processes that work in the project or are told of it; only Linux tells. */
function processesHere() {
  const pids = existsSync("/proc/self/cwd") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  const found = pids.flatMap((pid) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      const here = args.includes(PROJECT) || readlinkSync(`/proc/${pid}/cwd`).startsWith(PROJECT);
      return here && args !== "" ? [[Number(pid), args]] : [];
    } catch {
      return []; // it has ended meanwhile
    }
  });
  return new Map(found);
}

async function nothingRuns(when) {
  const strangers = () => [...processesHere()].filter(([pid]) => !before.processes.has(pid));
  // A watchdog ends a moment after its server.
  for (const end = performance.now() + 10_000; strangers().length > 0 && performance.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 50));
  for (const [pid, args] of strangers()) wrong.push(`${when}: process ${pid} is still there: ${args}`);
}

/** What is left besides what the examples were told to write. */
function left() {
  const told = [
    "nats-sandbox-report.html",
    "r.xml",
    "completion.sh",
    "pki",
    "pki/ca.pem",
    "nats-sandbox.yaml",
  ];
  return filesHere().filter((file) => !before.files.includes(file) && !told.includes(file));
}

function onlyThisIsLeft(when, lasting) {
  for (const file of left()) if (!lasting.test(file)) wrong.push(`${when}: ${file} is left`);
}

// ---- all of it -----------------------------------------------------------------------------------------------------

const IDENTITY = /^\.nats-sandbox(\/\.gitignore|\/default(\/\.sandbox\.json|\/identity(\/[\w-]+\.json)?)?)?$/;

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const test = `node -e "const { NATS_URL, NATS_KEY } = process.env; console.log('tested', NATS_URL, 'with', require('path').basename(NATS_KEY))"`;
writeFileSync("package.json", JSON.stringify({ ...manifest, scripts: { test } }, null, 2));

const help = await helpOf([]);
for (const { words, text } of help)
  if (examplesIn(text).length === 0) wrong.push(`the help of ${words.join(" ")} gives no example`);
const examples = help.flatMap(({ text }) => examplesIn(text));
const known = { ...ALONE, ...WHILE_UP, ...LAST };
for (const line of examples)
  if (!(line in known)) wrong.push(`nobody knows how to judge the example: ${line}`);
for (const line of Object.keys(known))
  if (!examples.includes(line)) wrong.push(`no help gives the example: ${line}`);

for (const [line, how] of Object.entries(ALONE)) if (examples.includes(line)) await judge(line, how);
await nothingRuns("after what ends by itself");
onlyThisIsLeft("after what ends by itself", IDENTITY);

await judge(`nats-sandbox up ${MODES.join(" ")} --detach`, {
  good: (ran) => MODES.every((mode) => row(mode).test(ran.stdout)),
});
for (const [line, how] of Object.entries(WHILE_UP)) if (examples.includes(line)) await judge(line, how);
await nothingRuns("after down");
onlyThisIsLeft("after down", IDENTITY);
if (!left().some((file) => file.endsWith("identity/tls-verify.json"))) wrong.push("down forgot the identity");

for (const [line, how] of Object.entries(LAST)) if (examples.includes(line)) await judge(line, how);
await nothingRuns("at the end");
await judge("nats-sandbox down --forget", { good: () => true });
onlyThisIsLeft("after down --forget", /^$/);

console.log(`${examples.length} examples`);
for (const problem of wrong) console.error(`ci: ${problem}`);
process.exit(wrong.length === 0 ? 0 : 1);
