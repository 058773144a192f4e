/** The action's two programs from outside, with the environment and the files that a runner gives them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ACTION, type Job, openJob } from "./testing/action-job.ts";
import { MAIN, type Room, realServer } from "./testing/cli-room.ts";

let job: Job;
let room: Room;
beforeEach(async () => {
  job = await openJob();
  room = job.room;
});
afterEach(async () => {
  await job[Symbol.asyncDispose]();
});

it("starts what is asked for, masks before it says anything of it, and gives every output", async () => {
  const { status, log } = await job.start("main", { modes: "permissions, token,mtls" }).ended;
  expect(status, log).toBe(0);
  const [env, outputs] = [job.given("GITHUB_ENV"), job.given("GITHUB_OUTPUT")];
  expect(env).toMatchObject({ NATS_USER: "app", NATS_URL: env.NATS_SANDBOX_PERMISSIONS_URL });
  const secrets = [env.NATS_PASSWORD, env.NATS_SANDBOX_TOKEN_TOKEN];
  for (const secret of secrets) {
    expect(secret).toMatch(/^.{20,}$/);
    expect(log).toContain(`::add-mask::${secret}\n`);
    expect(log.replaceAll(/^::add-mask::.*$/gm, "")).not.toContain(secret);
    expect(JSON.stringify([outputs, job.given("GITHUB_STATE")])).not.toContain(secret);
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
  expect(await job.cleanUp()).not.toContain("::group::");
});

it("writes the reports into a folder that it makes, and the job's summary", async () => {
  const { status, log } = await job.start("main", { modes: "token", "report-dir": "deep/reports" }).ended;
  expect(status, log).toBe(0);
  const dir = join(room.work, "deep/reports");
  expect(readdirSync(dir).sort()).toEqual(["junit.xml", "report.html", "report.json", "report.md"]);
  const { report, junit } = job.given("GITHUB_OUTPUT");
  expect([report, junit]).toEqual([join(dir, "report.html"), join(dir, "junit.xml")]);
  expect(job.file("GITHUB_STEP_SUMMARY")).toContain("token");
  await job.cleanUp();
});

it("fails when not all is as promised, and with check: false only warns and goes on", async () => {
  const { path } = await realServer();
  const open = `sed -i.old '/^authorization/,/^}/d' "$2"`; // without its login, everyone gets in
  const server = room.script("spoilt", `[ "$1" = -c ] && ${open}\nexec '${path}' "$@"`);
  const strict = await job.start("main", { modes: "user-pass", "server-version": server }).ended;
  expect(strict.status).toBe(1);
  expect(strict.log).toMatch(/^::error title=nats-sandbox::not all is as promised/m);
  expect(room.servers()).toEqual([]);
  await job.cleanUp({ "job-status": "failure" });
  job.emptyFiles();
  const lax = await job.start("main", { modes: "user-pass", "server-version": server, check: "false" }).ended;
  expect(lax.status, lax.log).toBe(0);
  expect(lax.log).toMatch(/^::warning title=nats-sandbox::not all is as promised/m);
  expect(job.given("GITHUB_ENV").NATS_URL).toMatch(/^nats:/);
  await job.cleanUp();
});

it("has two sandboxes side by side, in a matrix or in a job", async () => {
  const both = [job.start("main", { modes: "tls" }), job.start("main", { modes: "tls" })];
  for (const { ended } of both) expect((await ended).status).toBe(0);
  expect(room.servers()).toHaveLength(2);
  for (const dir of readdirSync(job.temp)) {
    const home = join(job.temp, dir, "state");
    const name = readdirSync(home).find((one) => /^gha-[0-9a-f]+$/.test(one)) ?? "";
    const tool = JSON.stringify([process.execPath, MAIN]);
    await job.start("post", {}, { dir: join(job.temp, dir), home, name, tool }).ended;
  }
  expect(await room.remaining()).toEqual([]);
  expect(readdirSync(job.temp)).toEqual([]);
});

it.each<[string, Record<string, string>, string]>([
  ["an unknown mode", { modes: "tls nosuch" }, 'there is no mode or group "nosuch"'],
  ["an unknown engine", { modes: "tls", engine: "nosuch" }, "nosuch"],
  ["a missing config", { modes: "tls", config: "no/such.yaml" }, "no/such.yaml"],
  ["a mode that looks like an option", { modes: "--help" }, "--help"],
  ["a check that is no yes or no", { modes: "tls", check: "perhaps" }, "neither true nor false"],
  ["a mode with a percent sign", { modes: "100%" }, 'there is no mode or group "100%25"%0A'],
  ["a version with a command in it", { modes: "tls", "server-version": "$(touch owned)" }, "touch owned"],
])("%s ends the step before anything is started, in the tool's own words", async (_, inputs, says) => {
  const { status, log } = await job.start("main", inputs).ended;
  expect(status).toBe(1);
  expect(log).toMatch(
    new RegExp(`^::error title=nats-sandbox::.*${says.replaceAll(/[$().-]/g, "\\$&")}`, "m"),
  );
  expect(log).not.toContain("ready at");
  expect(job.given("GITHUB_ENV")).toEqual({});
  expect(existsSync(join(room.work, "owned"))).toBe(false);
  await job.cleanUp();
});

it.each<[string, Record<string, string>, string]>([
  ["server-version", { "server-version": "2.99\n::error::pwned" }, '"2.99\\n::error::pwned"'],
  ["report-dir", { "report-dir": "reports\r\n::error::pwned" }, '"reports\\r\\n::error::pwned"'],
  ["ttl", { ttl: "1s\n::notice::pwn" }, '"1s\\n::notice::pwn"'],
  ["engine", { engine: "auto\u001b[2J" }, '"auto\\u001b[2J"'],
  ["config", { config: "::error::pwned" }, '"::error::pwned"'],
  ["version", { version: "0.1.0\u0085x" }, '"0.1.0\\u0085x"'],
  ["check", { check: "true\n::error::pwned" }, '"true\\n::error::pwned"'],
  ["modes", { modes: "tls\n::error::pwned" }, '"::error::pwned"'],
  ["modes", { modes: "##[error]pwned" }, '"##[error]pwned"'],
])(
  "refuses an input %s that could write a workflow command, and runs nothing",
  async (name, inputs, text) => {
    const { status, log } = await job.start("main", { modes: "tls", ...inputs }).ended;
    const why = `the input ${name} holds a control character or a workflow command: ${text}`;
    expect({ status, log }).toEqual({ status: 1, log: `::error title=nats-sandbox::${why}\n` });
    expect(job.given("GITHUB_STATE")).toEqual({});
  },
);

it.each([
  ["core tls-verify", "OPEN"],
  ["all tls-verify", "OPEN"],
  ["tls-verify\r\n\tcore\n", "TLS_VERIFY"],
])("has the modes of a group in the place of its name: %j", async (modes, first) => {
  const { status, log } = await job.start("main", { modes }).ended;
  expect(status, log).toBe(0);
  const env = job.given("GITHUB_ENV");
  expect(env.NATS_URL).toMatch(/:\d+$/);
  expect(env.NATS_URL).toBe(env[`NATS_SANDBOX_${first}_URL`]);
  const { "env-file": file = "" } = job.given("GITHUB_OUTPUT");
  expect(readFileSync(file, "utf8")).toContain(env.NATS_URL);
  await job.cleanUp();
});

it("shows the servers' logs when the job has failed, without secrets", async () => {
  await job.start("main", { modes: "user-pass" }).ended;
  const { NATS_PASSWORD = "" } = job.given("GITHUB_ENV");
  const log = await job.cleanUp({ "job-status": "failure" });
  expect(log).toMatch(/^::group::.*\n(user-pass +\| .*\n)+::endgroup::$/m);
  expect(log).not.toContain(NATS_PASSWORD);
});

it("stops nothing when nothing was started", async () => {
  const { status, log } = await job.start("post", {}).ended;
  expect({ status, log }).toEqual({ status: 0, log: "" });
});
