/** How the action's step ends when it is cancelled or its tool says little; the tool is a fake where the real one does not. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Job, openJob } from "./testing/action-job.ts";

let job: Job;
beforeEach(async () => {
  job = await openJob();
});
afterEach(async () => {
  await job[Symbol.asyncDispose]();
});

/** An npm that does this; `$3` is the folder into which it is to install. */
function npm(script: string): void {
  writeFileSync(join(job.room.dir, "bin/npm"), `#!/bin/sh\n${script}\n`, { mode: 0o700 });
}

/** An npm that installs this program in place of the tool. */
function tool(program: string): void {
  const file = join(job.room.dir, "scripts/tool.js");
  writeFileSync(file, program);
  npm(
    `main="$3/node_modules/nats-sandbox/dist/cli/main.js"\n/bin/mkdir -p "\${main%/*}"\n/bin/cp '${file}' "$main"`,
  );
}

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("passes %s on: all is stopped when the step ends, which says why", async (signal, expected) => {
  const step = job.start("main", { modes: "core" });
  await step.says(/ready at/);
  step.child.kill(signal);
  const { status, log } = await step.ended;
  expect(status).toBe(expected);
  expect(job.room.servers()).toEqual([]);
  expect(log).toMatch(new RegExp(`^nats-sandbox: cancelled: the step was ended by ${signal}$`, "m"));
  expect(log).not.toContain("::error");
  await job.cleanUp({ "job-status": "cancelled" });
});

it("leaves nothing when SIGKILL ended it", async () => {
  const step = job.start("main", { modes: "core" });
  await step.says(/ready at/);
  step.child.kill("SIGKILL");
  await step.ended;
  await job.cleanUp({ "job-status": "cancelled" });
});

it("cancelled while it installs, says that alone", async () => {
  npm("echo installing\nexec /bin/sleep 60");
  const step = job.start("main", { version: "0.1.0" });
  await step.says(/installing/);
  step.child.kill("SIGINT");
  expect(await step.ended).toEqual({
    status: 130,
    log: "installing\nnats-sandbox: cancelled: the step was ended by SIGINT\n",
  });
  await job.cleanUp({ "job-status": "cancelled" });
});

it("goes no further when the tool ends well although it was told to stop", async () => {
  tool(`
    if (process.argv[2] !== "up") process.exit(9);
    process.on("SIGTERM", () => process.exit(0));
    setTimeout(() => {}, 60_000);
    console.log("starting");`);
  const step = job.start("main", { version: "0.1.0" });
  await step.says(/starting/);
  step.child.kill("SIGTERM");
  const { status, log } = await step.ended;
  expect(status).toBe(143);
  expect(log).not.toContain("::");
});

it.each([
  ["nothing", "process.exitCode = 3", "it ended with 3"],
  ["nothing, and is killed", 'process.kill(process.pid, "SIGKILL")', "it ended with 137"],
  ["blank lines", 'console.error("\\n\\n"); process.exitCode = 3', "it ended with 3"],
  [
    "several lines",
    'console.error("so far\\n✖ 5%0A done\\r\\nand 100%\\n→ wait"); process.exitCode = 3',
    "5%250A done%0D%0Aand 100%25%0A→ wait",
  ],
])("tells in one annotation what the tool said of its end: %s", async (_, program, says) => {
  tool(program);
  const { status, log } = await job.start("main", { version: "0.1.0" }).ended;
  expect(status).toBe(1);
  expect(log.split("\n").filter((line) => line.startsWith("::"))).toEqual([
    `::error title=nats-sandbox::${says}`,
  ]);
});

it("gives every output whole, whatever lines are in it", async () => {
  const ca = "/tmp/a\nend\nname=value\nENV<<end\nb";
  const up = [{ mode: "tls", state: "ready", url: "u", servers: [], clients: { app: { ca, envFile: "e" } } }];
  const answers = { status: { modes: up }, modes: { modes: [{ name: "tls", groups: [] }] } };
  tool(`console.log(JSON.stringify(${JSON.stringify(answers)}[process.argv[2]] ?? {}))`);
  const { status, log } = await job.start("main", { modes: "tls", version: "0.1.0" }).ended;
  expect(status, log).toBe(0);
  expect(job.given("GITHUB_OUTPUT")["ca-file"]).toBe(ca);
  const ends = [...job.file("GITHUB_OUTPUT").matchAll(/^[\w-]+<<(end-.{20,})$/gm)].map(([, end]) => end);
  expect(ends).toHaveLength(7);
  expect(new Set(ends).size).toBe(7);
});
