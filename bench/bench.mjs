/**
 * Speed, as ratios within one run: `npm run bench`, or with `-- --quick` fewer rounds. Fails when a ratio is over its
 * limit. Medians of interleaved runs, each a cold process; the nats CLI is left out on both sides.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { benchDocker } from "./docker.mjs";
import { planFloor } from "./plan.mjs";

const dist = new URL("../dist/", import.meta.url);
const { findServer } = await import(new URL("server/find.js", dist));
const { createPki } = await import(new URL("pki/pki.js", dist));

const rounds = process.argv.includes("--quick") ? 5 : 15;
const main = fileURLToPath(new URL("cli/main.js", dist));
const floor = fileURLToPath(new URL("floor.mjs", import.meta.url));

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function time(args, env) {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    env,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - begin;
}

/** CA + 12 leaves in a warm process, in ms. */
async function timePki() {
  const begin = performance.now();
  const pki = await createPki();
  await Promise.all(
    Array.from({ length: 12 }, (_, i) => pki.issue(`leaf-${i}`, { profile: i === 0 ? "server" : "client" })),
  );
  return performance.now() - begin;
}

const dir = mkdtempSync(join(tmpdir(), "nats-sandbox-bench-"));
const results = [];
try {
  const { path: binary, version } = await findServer({ onProgress: (line) => console.error(line) });
  const plan = await planFloor(binary, version, join(dir, "floor"));
  const env = {
    PATH: "/usr/bin:/bin",
    HOME: dir,
    NATS_SANDBOX_SERVER: binary,
    NATS_SANDBOX_HOME: join(dir, "state"),
  };
  console.log(
    `nats-server ${version}; floor: ${plan.servers} servers, ${plan.dials} dials (${plan.tls} with TLS), 2 children`,
  );

  const times = { check: [], floor: [], help: [], node: [] };
  for (let round = -1; round < rounds; round += 1) {
    const one = {
      check: time([main, "check", "core", "--quiet"], env),
      floor: time([floor, plan.path], env),
      help: time([main, "--help"], env),
      node: time(["--input-type=module", "-e", "await import('node:fs')"], env),
    };
    if (round >= 0) for (const [name, ms] of Object.entries(one)) times[name].push(ms);
  }
  for (let i = 0; i < 5; i += 1) await timePki();
  const pki = [];
  for (let i = 0; i < 21; i += 1) pki.push(await timePki());

  const [check, bare, help, node] = ["check", "floor", "help", "node"].map((name) => median(times[name]));
  results.push(
    ["check core, cold / floor", check / bare, 2.5, `${check.toFixed(0)} ms / ${bare.toFixed(0)} ms`],
    ["CA + 12 leaves, ms", median(pki), 15, ""],
    ["--help / an empty node", help / node, 2.5, `${help.toFixed(0)} ms / ${node.toFixed(0)} ms`],
    ...(await benchDocker({ rounds: Math.ceil(rounds / 2), binary, version, dir, median })),
  );
} finally {
  rmSync(dir, { recursive: true, force: true });
}

for (const [what, value, limit, detail] of results)
  console.log(
    `${value <= limit ? "✔" : "✖"} ${what.padEnd(32)} ${value.toFixed(2).padStart(6)}  (limit ${limit})  ${detail}`,
  );
if (results.some(([, value, limit]) => value > limit)) process.exitCode = 1;
