/** The action's two programs from outside, with the environment and the files that a runner gives them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parse } from "yaml";
import { FILES, valuesIn } from "./testing/action-files.ts";
import { openRoom, type Room, realServer } from "./testing/cli-room.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ACTION: { inputs: Record<string, { default?: string }>; outputs: object } = parse(
  readFileSync(join(ROOT, "action.yml"), "utf8"),
);

let room: Room;
let temp: string;
beforeEach(async () => {
  room = await openRoom("action");
  temp = join(room.dir, "runner");
  mkdirSync(temp);
  for (const name of FILES) writeFileSync(join(room.dir, "scripts", name), "");
});
afterEach(async () => {
  await room[Symbol.asyncDispose]();
});

/** What was given through one of the runner's files. */
function given(file: (typeof FILES)[number]): Record<string, string> {
  return valuesIn(readFileSync(join(room.dir, "scripts", file), "utf8"));
}

interface Step {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly status: number | null; readonly log: string }>;
  /** Resolves as soon as the log has it. */
  readonly says: (what: RegExp) => Promise<void>;
}

function start(program: "main" | "post", inputs: Record<string, string>, state = {}): Step {
  const defaults = Object.entries(ACTION.inputs).map(([name, { default: value = "" }]) => [name, value]);
  const all = Object.entries({ ...Object.fromEntries(defaults), "job-status": "success", ...inputs });
  const env = {
    ...room.env,
    GITHUB_ACTIONS: "true",
    RUNNER_TEMP: temp,
    ...Object.fromEntries(FILES.map((name) => [name, join(room.dir, "scripts", name)])),
    ...Object.fromEntries(all.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
  };
  const child = spawn(process.execPath, [join(ROOT, `action/${program}.js`)], { cwd: room.work, env });
  let log = "";
  let heard = () => {};
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      log += text;
      heard();
    });
  const ended = once(child, "close").then(([status]) => ({ status, log }));
  const says = (what: RegExp) =>
    new Promise<void>((resolve, reject) => {
      heard = () => what.test(log) && resolve();
      heard();
      void ended.then(() => reject(new Error(`never said ${what}: ${log}`)));
    });
  return { child, ended, says };
}

async function cleanUp(inputs: Record<string, string> = {}) {
  const { status, log } = await start("post", inputs, given("GITHUB_STATE")).ended;
  expect(status, log).toBe(0);
  expect(await room.remaining()).toEqual([]);
  expect(readdirSync(temp)).toEqual([]);
  return log;
}

it("starts what is asked for, masks before it says anything of it, and gives every output", async () => {
  const { status, log } = await start("main", { modes: "permissions, token,mtls" }).ended;
  expect(status, log).toBe(0);
  const [env, outputs] = [given("GITHUB_ENV"), given("GITHUB_OUTPUT")];
  expect(env).toMatchObject({ NATS_USER: "app", NATS_URL: env.NATS_SANDBOX_PERMISSIONS_URL });
  const secrets = [env.NATS_PASSWORD, env.NATS_SANDBOX_TOKEN_TOKEN];
  for (const secret of secrets) {
    expect(secret).toMatch(/^.{20,}$/);
    expect(log).toContain(`::add-mask::${secret}\n`);
    expect(log.replaceAll(/^::add-mask::.*$/gm, "")).not.toContain(secret);
    expect(JSON.stringify([outputs, given("GITHUB_STATE")])).not.toContain(secret);
  }
  expect(Object.keys(outputs).sort()).toEqual(Object.keys(ACTION.outputs).sort());
  expect(
    JSON.parse(outputs.servers ?? "")
      .map(({ mode }: { mode: string }) => mode)
      .sort(),
  ).toEqual(["permissions", "tls-verify", "token"]);
  expect(readFileSync(outputs["env-file"] ?? "", "utf8")).toContain(env.NATS_PASSWORD);
  expect(outputs["ca-file"]).toBe("");
  const said = await room.run(["status", "--name", outputs.name ?? "", "--json"], {
    env: { NATS_SANDBOX_HOME: outputs.home },
  });
  expect(JSON.parse(said.stdout).until).toBeDefined();
  expect(await cleanUp()).not.toContain("::group::");
});

it("writes the reports into a folder that it makes, and the job's summary", async () => {
  const { status, log } = await start("main", { modes: "token", "report-dir": "deep/reports" }).ended;
  expect(status, log).toBe(0);
  const dir = join(room.work, "deep/reports");
  expect(readdirSync(dir).sort()).toEqual(["junit.xml", "report.html", "report.json", "report.md"]);
  const { report, junit } = given("GITHUB_OUTPUT");
  expect([report, junit]).toEqual([join(dir, "report.html"), join(dir, "junit.xml")]);
  expect(readFileSync(join(room.dir, "scripts/GITHUB_STEP_SUMMARY"), "utf8")).toContain("token");
  await cleanUp();
});

it("fails when not all is as promised, and with check: false only warns and goes on", async () => {
  const { path } = await realServer();
  const open = `sed -i.old '/^authorization/,/^}/d' "$2"`; // without its login, everyone gets in
  const server = room.script("spoilt", `[ "$1" = -c ] && ${open}\nexec '${path}' "$@"`);
  const strict = await start("main", { modes: "user-pass", "server-version": server }).ended;
  expect(strict.status).toBe(1);
  expect(strict.log).toMatch(/^::error title=nats-sandbox::not all is as promised/m);
  expect(room.servers()).toEqual([]);
  await cleanUp({ "job-status": "failure" });
  for (const name of FILES) writeFileSync(join(room.dir, "scripts", name), "");
  const lax = await start("main", { modes: "user-pass", "server-version": server, check: "false" }).ended;
  expect(lax.status, lax.log).toBe(0);
  expect(lax.log).toMatch(/^::warning title=nats-sandbox::not all is as promised/m);
  expect(given("GITHUB_ENV").NATS_URL).toMatch(/^nats:/);
  await cleanUp();
});

it("has two sandboxes side by side, in a matrix or in a job", async () => {
  const both = [start("main", { modes: "tls" }), start("main", { modes: "tls" })];
  for (const { ended } of both) expect((await ended).status).toBe(0);
  expect(room.servers()).toHaveLength(2);
  for (const dir of readdirSync(temp)) {
    const home = join(temp, dir, "state");
    const name = readdirSync(home).find((one) => /^gha-[0-9a-f]+$/.test(one)) ?? "";
    const tool = JSON.stringify([process.execPath, join(ROOT, "dist/cli/main.js")]);
    await start("post", {}, { dir: join(temp, dir), home, name, tool }).ended;
  }
  expect(await room.remaining()).toEqual([]);
  expect(readdirSync(temp)).toEqual([]);
});

it.each<[string, Record<string, string>, string]>([
  ["an unknown mode", { modes: "tls nosuch" }, 'there is no mode or group "nosuch"'],
  ["an unknown engine", { modes: "tls", engine: "nosuch" }, "nosuch"],
  ["a missing config", { modes: "tls", config: "no/such.yaml" }, "no/such.yaml"],
  ["a mode that looks like an option", { modes: "--help" }, "--help"],
  ["a check that is no yes or no", { modes: "tls", check: "perhaps" }, "neither true nor false"],
  ["a version with a command in it", { modes: "tls", "server-version": "$(touch owned)" }, "touch owned"],
])("%s ends the step before anything is started, in the tool's own words", async (_, inputs, says) => {
  const { status, log } = await start("main", inputs).ended;
  expect(status).toBe(1);
  expect(log).toMatch(
    new RegExp(`^::error title=nats-sandbox::.*${says.replaceAll(/[$().-]/g, "\\$&")}`, "m"),
  );
  expect(log).not.toContain("ready at");
  expect(given("GITHUB_ENV")).toEqual({});
  expect(existsSync(join(room.work, "owned"))).toBe(false);
  await cleanUp();
});

it("shows the servers' logs when the job has failed, without secrets", async () => {
  await start("main", { modes: "user-pass" }).ended;
  const { NATS_PASSWORD = "" } = given("GITHUB_ENV");
  const log = await cleanUp({ "job-status": "failure" });
  expect(log).toMatch(/^::group::.*\n(user-pass +\| .*\n)+::endgroup::$/m);
  expect(log).not.toContain(NATS_PASSWORD);
});

it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
  "nothing is left of a step that %s ended",
  async (signal) => {
    const step = start("main", { modes: "core" });
    await step.says(/ready at/);
    step.child.kill(signal);
    await step.ended;
    await cleanUp({ "job-status": "cancelled" });
  },
);

it("stops nothing when nothing was started", async () => {
  const { status, log } = await start("post", {}).ended;
  expect({ status, log }).toEqual({ status: 0, log: "" });
});
