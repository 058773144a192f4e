/**
 * The speed of the Docker engine, as ratios within one run: against the bare API with the same options, and against
 * @testcontainers/nats on the same engine and image. Medians of interleaved rounds.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startBare } from "./docker-floor.mjs";
import { usable } from "./usable.mjs";

const dist = new URL("../dist/", import.meta.url);
const { connectDocker } = await import(new URL("engines/docker/connect.js", dist));
const { createDockerEngine } = await import(new URL("engines/docker/docker.js", dist));
const { imageOfBinary } = await import(new URL("engines/docker/build.js", dist));

/** The last major that runs on Node 20. */
const OTHER = "@testcontainers/nats@11";
const COLD = fileURLToPath(new URL("usable.mjs", import.meta.url));

/** Rows as bench.mjs prints them; none, and a word why, without an engine. */
export async function benchDocker({ rounds, binary, version, dir, median }) {
  const found = await connectDocker(process.env).catch((error) => error);
  if (found instanceof Error) {
    console.log(`*** NO BENCH OF THE DOCKER ENGINE: ${found.message}`);
    return [];
  }
  const { docker, platform, publish } = found;
  const image = await imageOfBinary(
    docker,
    { path: binary, version, source: "" },
    { platform, env: process.env, onProgress: (line) => console.error(line) },
  );
  const other = installOther(dir);
  const times = {};
  const timed = async (name, round, work) => {
    const begin = performance.now();
    const end = await work();
    if (round >= 0) times[name] = [...(times[name] ?? []), performance.now() - begin];
    await end?.();
    await quiet();
  };
  const count = async () => (await docker.listContainers({ all: true })).length;
  const before = await count();
  /** An engine that is still removing containers is busy: that is not the next one's business. */
  const quiet = async () => {
    while ((await count()) > before) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  for (let round = -1; round < rounds; round += 1) {
    const engine = (name) =>
      createDockerEngine({ docker, image, version, title: "", dir: join(dir, name), name, publish });
    await timed("12 bare", round, () => startBare(docker, image, 12));
    await timed("12 ours", round, () => startOurs(engine("twelve"), 12));
    await timed("1 docker", round, () => usable("docker", join(dir, "home"), image));
    await timed("1 process", round, () => usable("process", join(dir, "home"), image));
    await timed("9 ours", round, () => startOurs(engine("nine"), 9));
    if (other === undefined) continue;
    await timed("1 other", round, () => usable(other, join(dir, "home"), image));
    await timed("9 other", round, () => startOther(other, image, 9));
    for (const [name, what] of [
      ["cold docker", "docker"],
      ["cold process", "process"],
      ["cold other", other],
    ])
      await timed(name, round, () => cold(what, dir, image));
    for (const [name, ms] of await inVitest(other, dir, image))
      if (round >= 0) times[name] = [...(times[name] ?? []), ms];
    await quiet();
  }
  const ms = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
  const row = (what, mine, theirs, limit) => [
    what,
    ms[mine] / ms[theirs],
    limit,
    `${ms[mine].toFixed(0)} ms / ${ms[theirs].toFixed(0)} ms`,
  ];
  const rows = [row("12 containers / bare API", "12 ours", "12 bare", 1.15)];
  if (other === undefined) return rows;
  return [
    ...rows,
    row("1 usable, cold / testcontainers", "cold docker", "cold other", 1),
    row("1 usable, warm / testcontainers", "1 docker", "1 other", 1),
    row("9 containers / testcontainers", "9 ours", "9 other", 0.9),
    row("vitest fixture / testcontainers", "fixture", "its container", 0.2),
    row("process / testcontainers", "1 process", "1 other", 0.2),
    row("process, cold / testcontainers", "cold process", "cold other", 1), // most of it is Node's own start
  ];
}

/** Its entry point; undefined, and a word why, where it cannot be installed. */
function installOther(dir) {
  const home = join(dir, "other");
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), "{}");
  const { status, stderr } = spawnSync(
    "npm",
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", OTHER],
    {
      cwd: home,
      encoding: "utf8",
    },
  );
  const main = join(home, "node_modules/@testcontainers/nats/build/index.js");
  if (status === 0 && existsSync(main)) return main;
  console.log(`*** NOTHING IS COMPARED WITH ${OTHER}, which cannot be installed: ${stderr.slice(-200)}`);
  return undefined;
}

async function startOurs(engine, count) {
  const servers = Array.from({ length: count }, async (_, index) => {
    const at = await engine.place(`bench/s${index}`, ["client"]);
    const text = `host: ${at.host}\nport: ${at.ports.client}\nauthorization { user: app, password: secret }\n`;
    const files = { "server.conf": { text, secret: true } };
    return engine.start(
      { id: `bench/s${index}`, files, listeners: ["client"] },
      at,
      new AbortController().signal,
    );
  });
  await Promise.all(servers);
  return () => engine.close();
}

async function startOther(main, image, count) {
  const { NatsContainer } = await import(pathToFileURL(main)); // `usable` has set it up
  const all = await Promise.all(Array.from({ length: count }, () => new NatsContainer(image).start()));
  return () => Promise.all(all.map((one) => one.stop()));
}

/** The first server of a vitest run, with the fixture and with theirs. */
function inVitest(other, dir, image) {
  const file = join(dir, "times");
  const root = fileURLToPath(new URL("..", import.meta.url));
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [join(root, "node_modules/vitest/vitest.mjs"), "run", "--config", "bench/vitest.config.mjs"],
    {
      cwd: root,
      encoding: "utf8",
      env: {
        ...process.env,
        BENCH_TIMES: file,
        BENCH_IMAGE: image,
        BENCH_OTHER: other,
        NATS_SANDBOX_HOME: join(dir, "home-vitest"),
        TESTCONTAINERS_RYUK_DISABLED: "true",
      },
    },
  );
  if (status !== 0) throw new Error(`the bench in vitest failed: ${stdout}${stderr}`);
  const lines = readFileSync(file, "utf8").trim().split("\n");
  rmSync(file);
  return lines.map((line) => JSON.parse(line));
}

/** A process of its own, from its start until a client has got in; what it has started, it stops after that. */
async function cold(what, dir, image) {
  const child = spawn(process.execPath, [COLD, what, join(dir, "home-cold"), image], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), exited]);
  if (child.exitCode !== null) throw new Error(`a cold start of ${what} ended with ${child.exitCode}`);
  return () => exited;
}
