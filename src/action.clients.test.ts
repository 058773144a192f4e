/** The action in a real runner: `act` runs whole jobs with it, of which some fail, and nothing is said or left that should not be. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOnPath } from "./server/programs.ts";
import { runWorkflow, type Workflow } from "./testing/act.ts";
import { openJob, withNpm } from "./testing/action-job.ts";
import { pack, type Tarball } from "./testing/installed.ts";

const [act] = await findOnPath("act", process.env);
const skipped = act === undefined && process.env.NATS_SANDBOX_TEST_CLIENTS !== "required";

/** Gets in with what the environment says, and is turned away without it. */
const CLIENT = `
import { readFileSync } from "node:fs";
import { connect } from "@nats-io/transport-node";

const { NATS_URL: servers, NATS_USER: user, NATS_PASSWORD: pass, NATS_CA, NATS_CERT, NATS_KEY } = process.env;
const text = (path) => path && readFileSync(path, "utf8");
const tls = NATS_CA && { ca: text(NATS_CA), cert: text(NATS_CERT), key: text(NATS_KEY) };
const nc = await connect({ servers, user, pass, tls });
await nc.flush();
await nc.close();
const refused = await connect({ servers, tls: NATS_CA && {} }).then(() => false, () => true);
console.log(refused ? "got in, and without credentials did not" : "everyone gets in");
process.exit(refused ? 0 : 1);
`;

const workflow = (tarball: string) => `
on: push
jobs:
  client:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        include:
          - { id: one, modes: tls-user-pass }
          - { id: two, modes: "permissions, tls-verify" }
    steps:
      - uses: actions/checkout@v5
      - id: nats
        uses: ./
        with:
          modes: \${{ matrix.modes }}
          report-dir: reports
      - run: node client.mjs
      - name: say what must not be said
        run: env; cat "$NATS_CONTEXT" "$ENV_FILE"
        env:
          ENV_FILE: \${{ steps.nats.outputs.env-file }}
      - name: tell the test, past the log
        run: |
          env | grep -E '^NATS.*_(PASSWORD|TOKEN)=' | cut -d= -f2- >>"$OUT/secrets"
          printenv OUTPUTS >"$OUT/outputs-\${{ matrix.id }}"
          cp "$REPORT" "$OUT/report-\${{ matrix.id }}.html"
          cp "$JUNIT" "$OUT/junit-\${{ matrix.id }}.xml"
        env:
          REPORT: \${{ steps.nats.outputs.report }}
          JUNIT: \${{ steps.nats.outputs.junit }}
          OUTPUTS: \${{ toJSON(steps.nats.outputs) }}
  failing:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: ./
        with:
          modes: token
      - run: env | grep -E '^NATS.*_(PASSWORD|TOKEN)=' | cut -d= -f2- >>"$OUT/secrets"
      - run: exit 3
  unknown:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: ./
        with:
          modes: token nosuch
      - run: touch "$OUT/went-on"
  package:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: ./
        with:
          modes: tls
          version: file:${tarball}
      - run: node client.mjs
`;

describe.skipIf(skipped)(skipped ? "in act (SKIPPED: act is not on PATH)" : "in act", () => {
  let tarball: Tarball;
  let ran: Workflow;
  beforeAll(async () => {
    tarball = await pack();
    ran = await runWorkflow(act ?? "act", workflow(tarball.path), { "client.mjs": CLIENT });
  });
  afterAll(() => {
    ran?.[Symbol.dispose]();
    tarball?.[Symbol.dispose]();
  });

  const secrets = () => [...new Set(ran.told.secrets?.trim().split("\n"))];

  it.each(["client-1", "client-2"])("%s gets in with the environment, without it does not", (job) => {
    expect(ran.jobs[job]).toContain("got in, and without credentials did not");
    expect(ran.jobs[job]).toContain("Job succeeded");
  });

  it("masks every secret, whatever a step prints", () => {
    expect(secrets().length).toBeGreaterThanOrEqual(3);
    for (const secret of secrets()) expect(secret).toMatch(/^[A-Za-z0-9]{20,}$/);
    expect(secrets().filter((secret) => ran.log.includes(secret))).toEqual([]);
    expect(ran.jobs["client-1"]).toContain("NATS_PASSWORD=***");
  });

  it("gives outputs, none of them a secret", () => {
    const outputs = JSON.parse(ran.told["outputs-one"] ?? "");
    expect(outputs).toMatchObject({
      name: expect.stringMatching(/^gha-/),
      "ca-file": expect.stringMatching(/ca\.pem$/),
      "env-file": expect.stringMatching(/app\.env$/),
    });
    expect(JSON.parse(outputs.servers)).toEqual([
      {
        mode: "tls-user-pass",
        url: expect.stringMatching(/^tls:/),
        servers: [{ id: "server", version: expect.any(String), ports: { client: expect.any(Number) } }],
      },
    ]);
    const text = JSON.stringify(ran.told["outputs-one"]) + ran.told["outputs-two"];
    expect(secrets().filter((secret) => text.includes(secret))).toEqual([]);
  });

  it("writes reports, without secrets", () => {
    expect(ran.told["report-one.html"]).toMatch(/<html[\s\S]*tls-user-pass/);
    expect(ran.told["junit-two.xml"]).toMatch(/<testsuites[\s\S]*permissions/);
    const texts = Object.entries(ran.told).flatMap(([name, text]) => (name === "secrets" ? [] : [text]));
    for (const text of texts) expect(secrets().filter((secret) => text.includes(secret))).toEqual([]);
  });

  it("shows the servers' logs of a job that failed, and of no other", () => {
    expect(ran.jobs.failing).toMatch(/exit status 3[\s\S]*::group::.*\n +\| token +\| .*[\s\S]* is stopped/);
    expect(ran.jobs["client-1"]).not.toContain("::group::");
  });

  it("fails on an unknown mode before anything is started, in the tool's own words", () => {
    expect(ran.jobs.unknown).toContain('::error title=nats-sandbox::there is no mode or group "nosuch"');
    expect(ran.jobs.unknown).toContain("Job failed");
    expect(ran.jobs.unknown).not.toContain("ready at");
    expect(Object.keys(ran.told)).not.toContain("went-on");
  });

  it("installs the version that is asked for, where it is not its own build", () => {
    expect(ran.jobs.package).toContain("got in, and without credentials did not");
  });

  it("leaves no process and no folder, whatever became of the job", () => {
    expect(ran.jobs.failing).toContain("Job failed");
    expect(ran.left()).toEqual([]);
  });
});

it("installs the package with npm where it has no build of that version, and leaves nothing of it", async () => {
  using tarball = await pack();
  await using job = await openJob();
  const inputs = { modes: "tls-verify", version: `file:${tarball.path}` };
  const { status, log } = await job.start("main", inputs, {}, withNpm(job.room.dir)).ended;
  expect(status, log).toBe(0);
  const { dir = "", tool = "" } = job.given("GITHUB_STATE");
  expect(JSON.parse(tool)[1]).toBe(join(dir, "tool/node_modules/nats-sandbox/dist/cli/main.js"));
  expect([...job.room.processes().values()].some((args) => args.includes(JSON.parse(tool)[1]))).toBe(true);
  expect(job.given("GITHUB_ENV").NATS_CERT).toContain("tls-verify");
  expect(job.room.servers()).toHaveLength(1);
  await job.cleanUp();
});
