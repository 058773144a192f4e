/** The examples, as a user has them: copied, with the package installed from its tarball, and run by their own commands. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { findOnPath } from "./server/programs.ts";
import { type Project, pack, project, type Tarball } from "./testing/installed.ts";

let tarball: Tarball;
let open: Project | undefined;
beforeAll(async () => {
  tarball = await pack();
});
afterAll(() => tarball[Symbol.dispose]());
afterEach(() => open?.[Symbol.dispose]());

async function example(name: string, more?: Readonly<Record<string, string>>): Promise<Project> {
  open = await project(tarball, name, more);
  return open;
}

describe("JavaScript test suites", () => {
  it.each([
    ["vitest", /Tests +6 passed/],
    ["node-test", /pass 2\n/],
    ["jest", /Tests: +4 passed/],
    ["mocha", /2 passing/],
  ])("%s passes, and leaves nothing", async (name, passed) => {
    const { run, left } = await example(name);
    const { status, output } = await run("npm test");
    expect(output).toMatch(passed);
    expect(status).toBe(0);
    expect(left()).toEqual([]);
  });
});

/** Tests that end the server that they wait for, or that the next one will want. */
const DYING = `
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { natsTest } from "nats-sandbox/vitest";

const test = natsTest("tls");
const forever = () => new Promise(() => {});

function kill(nats) {
  const mode = dirname(dirname(dirname(nats.files().ca)));
  process.kill(JSON.parse(readFileSync(join(mode, "server/server.pid"), "utf8")).pid, "SIGKILL");
}

async function comeAndGo({ nats }) {
  const nc = await connect({ ...nats.connectionOptions(), reconnect: false });
  await nc.close();
}

test("waits", { timeout: 60_000 }, async ({ nats, signal }) => {
  const nc = await connect(nats.connectionOptions());
  signal.addEventListener("abort", () => nc.close());
  kill(nats);
  await forever();
});
test("goes on", comeAndGo);

test("restarts it, and waits", { timeout: 60_000 }, async ({ nats }) => {
  await nats.restart();
  kill(nats);
  await forever();
});

let attempts = 0;
test("gets in at the third attempt", { retry: 2, timeout: 60_000 }, async ({ nats, signal }) => {
  attempts += 1;
  if (signal.aborted) throw new Error("it has failed before it began");
  if (attempts === 3) return comeAndGo({ nats });
  kill(nats);
  await forever();
});

test("ends it with its last act", ({ nats }) => kill(nats));
test("goes on after that", comeAndGo);
test("sends it into lame duck mode", async ({ nats }) => nats.lameDuck());
test("goes on after that, too", comeAndGo);
`;

it("a test whose server ends fails at once, in the server's words, and the next one has it again", async () => {
  const { run, left } = await example("vitest", { "dying.test.ts": DYING });
  const begin = performance.now();
  const { status, output } = await run("npx vitest run dying");
  expect(performance.now() - begin).toBeLessThan(50_000); // one of them would have waited longer
  expect(status).toBe(1);
  expect(output).toMatch(/FAIL +dying.test.ts > waits/);
  expect(output).toMatch(/FAIL +dying.test.ts > restarts it, and waits/);
  expect(output).toMatch(/Error: the nats-server of tls ended by itself\nnats-server \S+ said: .+\nnext: /);
  expect(output).toMatch(/Tests +2 failed \| 6 passed/);
  expect(output).not.toMatch(/Unhandled|Timeout|timed out/);
  expect(left()).toEqual([]);
});

it("a mode that nobody started for the run is told with those that were", async () => {
  const test = `import { sharedNats } from "nats-sandbox/vitest";
import { test } from "vitest";
test("asks", () => sharedNats("tls"));
test("asks by another name", () => void sharedNats("mtls").connection());`;
  const setup = `import { natsSetup } from "nats-sandbox/vitest/global-setup";
export default natsSetup(["mtls"]);`;
  const { run } = await example("vitest", { "asks.test.ts": test, "nats.setup.ts": setup });
  const { status, output } = await run("npx vitest run asks");
  expect(status).toBe(1);
  expect(output).toContain('no mode "tls" was started for this run of vitest');
  expect(output).toMatch(/Tests +1 failed \| 1 passed/);
});

/** Its program, the mode, what prepares the suite, what runs it, and what it says when all is well; `%` is ours. */
const SUITES = [
  ["go", "tls-verify", "true", "go test -count=1 ./...", /^ok\s/m],
  [
    "python3",
    "tls-user-pass",
    "python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt",
    "venv/bin/python -m unittest",
    /Ran 2 tests[\s\S]*OK/,
  ],
  ["mvn", "user-pass", "true", "mvn --batch-mode --quiet test", undefined],
] as const;
const FOLDERS = { go: "go", python3: "python", mvn: "java" } as const;
const REQUIRED = process.env.NATS_SANDBOX_TEST_CLIENTS === "required";

describe("test suites in other languages, by exec", async () => {
  for (const [program, mode, prepare, command, passed] of SUITES) {
    const missing = (await findOnPath(program, process.env)).length === 0 && !REQUIRED;
    const title = `${FOLDERS[program]} passes, fails against another mode, and leaves nothing`;
    it.skipIf(missing)(missing ? `${title} (SKIPPED: ${program} is not on PATH)` : title, async () => {
      const { run, left, dir } = await example(FOLDERS[program]);
      const prepared = await run(prepare);
      expect(prepared.status, prepared.output).toBe(0);
      const { status, output } = await run(`npx nats-sandbox exec ${mode} -- ${command}`);
      expect(status, output).toBe(0);
      if (passed !== undefined) expect(output).toMatch(passed);
      else
        expect(readFileSync(join(dir, "target/surefire-reports/ConnectTest.txt"), "utf8")).toContain(
          "Tests run: 2, Failures: 0, Errors: 0, Skipped: 0",
        );
      // Against another mode, whose server asks for something else: nothing here passes by itself.
      const wrong = await run(`npx nats-sandbox exec token -- ${command}`);
      expect(wrong.status, wrong.output).not.toBe(0);
      expect(wrong.status).toBeLessThan(125);
      expect(left()).toEqual([]);
    });
  }
});

it("are what docs show: each is in git, and nothing that a run leaves", () => {
  const files = execFileSync("git", ["ls-files", "examples"], { encoding: "utf8" }).split("\n");
  for (const name of ["vitest", "node-test", "jest", "mocha", "go", "python", "java"])
    expect(files.some((file) => file.startsWith(`examples/${name}/`))).toBe(true);
  expect(files.filter((file) => /node_modules|target\/|venv\//.test(file))).toEqual([]);
});
