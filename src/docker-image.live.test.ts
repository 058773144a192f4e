/** nats-sandbox in a container of its own: what a CI job does in it, locked down as far as Docker can. */
import { readdirSync, readFileSync } from "node:fs";
import type Docker from "dockerode";
import tar from "tar-stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_VERSION } from "./server/find.ts";
import { FILES, valuesIn } from "./testing/action-files.ts";
import { eventually, type Finished } from "./testing/cli-program.ts";
import { connectTestDocker, NO_DOCKER } from "./testing/docker-lab.ts";
import { type ContainerRun, execIn, runContainer } from "./testing/docker-run.ts";
import { buildTool, DOCKERFILE, type Tool } from "./testing/docker-tool.ts";

/** `--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --network none --user 12345` */
const LOCKED: ContainerRun = {
  User: "12345",
  HostConfig: {
    ReadonlyRootfs: true,
    Tmpfs: { "/tmp": "" },
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    NetworkMode: "none",
  },
};
/** How long (ms) `docker stop` waits before it kills. */
const GRACE = 10_000;
const MOST_ADDED = 60_000_000;
/** Where the image has the package. */
const PACKAGE = "/usr/local/lib/nats-sandbox";
/** What the runner gives to a step in a job's container. */
const TEMP = "/__w/_temp";
const RUNNER = {
  GITHUB_ACTIONS: "true",
  RUNNER_TEMP: TEMP,
  ...Object.fromEntries(FILES.map((name) => [name, `${TEMP}/${name}`])),
};
/** A client with its certificate, and one without. */
const CLIENT = `import { connect } from "@nats-io/transport-node";
const { NATS_URL: servers, NATS_CA: caFile, NATS_CERT: certFile, NATS_KEY: keyFile } = process.env;
const dial = (tls) => connect({ servers, tls, reconnect: false }).then((nc) => nc.close()).then(() => "in", () => "out");
console.log(await dial({ caFile, certFile, keyFile }) + ", " + await dial({ caFile }));`;

/** A process whose parent ends before it; then the state of every process. */
const ORPHAN = "(sleep 0.1 &); sleep 1; cat /proc/[0-9]*/stat";

/** The action, as it is beside the build in a checkout. */
function actionFiles(): tar.Pack {
  const folder = new URL("../action/", import.meta.url);
  const archive = tar.pack();
  for (const name of readdirSync(folder))
    archive.entry({ name: `action/${name}` }, readFileSync(new URL(name, folder)));
  archive.finalize();
  return archive;
}

it("has the version of nats-server that is the default everywhere", () => {
  const dockerfile = readFileSync(new URL(`../${DOCKERFILE}`, import.meta.url), "utf8");
  expect(dockerfile).toContain(`\nARG NATS_IMAGE=nats:${DEFAULT_VERSION}\n`);
});

describe.skipIf(NO_DOCKER !== "")("the image of nats-sandbox", () => {
  let docker: Docker;
  let tool: Tool;
  const run = (args: readonly string[], options?: ContainerRun) =>
    runContainer(docker, tool.image, args, options);
  beforeAll(async () => {
    const engine = await connectTestDocker();
    docker = engine.docker;
    tool = await buildTool(docker, engine.platform);
  }, 300_000);
  afterAll(() => tool?.[Symbol.asyncDispose]());

  it("adds little to the image it starts from, and is not root's", async () => {
    const { Config } = await docker.getImage(tool.image).inspect();
    expect(tool.added).toBeLessThan(MOST_ADDED);
    expect(Config.User).toBe("1000:1000");
  });

  it.each([
    ["as it comes", {}],
    ["locked down", LOCKED],
  ])("checks all modes, %s", async (_, options) => {
    const { status, stdout } = await run(["check", "core"], options);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^9 modes, \d+ checks passed/m),
    });
  });

  it("gives a command the client's environment and its input, and ends with its status", async () => {
    const script = 'echo "$NATS_URL"; cat "$NATS_CA"; cat; exit 7';
    const options = { ...LOCKED, input: "from outside" };
    const { status, stdout } = await run(["exec", "tls-verify", "--", "sh", "-c", script], options);
    expect(status).toBe(7);
    expect(stdout).toMatch(/^tls:\/\/localhost:\d+\n-----BEGIN CERTIFICATE-----\n[\s\S]*from outside$/);
  });

  it("shows help for no command, and ends with 2 for a wrong one", async () => {
    expect(await run([])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: nats-sandbox /),
    });
    expect(await run(["chek"])).toMatchObject({ status: 2, stderr: expect.stringContaining("check") });
  });

  it.each(["SIGTERM", "SIGINT"] as const)("ends in order on %s", async (signal) => {
    let sent = 0;
    const { status, stderr } = await run(["up", "open"], {
      async running(container, told) {
        await eventually(() => told.stdout.includes("Ctrl-C stops everything"), "the sandbox to be up");
        sent = performance.now();
        await container.kill({ signal });
      },
    });
    expect(performance.now() - sent).toBeLessThan(GRACE);
    expect({ status, last: stderr.trimEnd().split("\n").at(-1) }).toEqual({ status: 0, last: "stopping…" });
  });

  it("ends with the status of a command that a signal was passed on to", async () => {
    const script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done";
    const { status } = await run(["exec", "open", "--", "sh", "-c", script], {
      async running(container, told) {
        await eventually(() => told.stdout.includes("ready"), "the command to run");
        await container.kill({ signal: "SIGTERM" });
      },
    });
    expect(status).toBe(9);
  });

  it("waits for processes that lost their parent", async () => {
    const { stdout } = await run(["exec", "open", "--", "sh", "-c", ORPHAN]);
    expect(stdout).toMatch(/^1 \(sh\) /);
    expect(stdout).not.toContain(" Z ");
  });

  it("runs the script of a job that comes on standard input, as GitLab does", async () => {
    const input = "unset HOME\nnats-sandbox check open || exit\nexit 5\n";
    const { status, stdout } = await run(["sh", "-c", "exec sh"], { ...LOCKED, input });
    expect({ status, stdout }).toEqual({ status: 5, stdout: expect.stringContaining("7 checks passed") });
  });

  it("keeps a sandbox up from step to step, as GitHub's jobs need it", async () => {
    const steps: Finished[] = [];
    await run(["-f", "/dev/null"], {
      ...LOCKED,
      Entrypoint: ["tail"],
      async running(container) {
        const step = async (...command: string[]) => {
          steps.push(await execIn(docker, container, command));
        };
        await step("nats-sandbox", "up", "tls", "--detach");
        await step("nats-sandbox", "env", "tls");
        await step("nats-sandbox", "down");
        await step("nats-sandbox", "env", "tls");
        await container.kill();
      },
    });
    expect(steps.map(({ status }) => status)).toEqual([0, 0, 0, 3]);
    expect(steps[1]?.stdout).toMatch(/^export NATS_URL='tls:\/\/localhost:\d+'$/m);
  });

  it("has the action in a job's container, its servers there for the steps that come, and then gone", async () => {
    const seen = { client: "", left: "" };
    await run(["-f", "/dev/null"], {
      Entrypoint: ["tail"],
      User: "0", // as the runner has it
      async running(container) {
        const step = async (env: Record<string, string>, ...command: string[]) => {
          const { status, stdout, stderr } = await execIn(docker, container, command, env);
          expect(status, stderr).toBe(0);
          return stdout;
        };
        const action = (program: string, more: Record<string, string>) =>
          step({ ...RUNNER, ...more }, "node", `${PACKAGE}/action/${program}.js`);
        const given = async (file: (typeof FILES)[number]) =>
          valuesIn(await step({}, "cat", `${TEMP}/${file}`));
        await container.putArchive(actionFiles(), { path: PACKAGE });
        await step(
          {},
          "sh",
          "-c",
          `mkdir -p ${TEMP}${FILES.map((name) => ` && : >${TEMP}/${name}`).join("")}`,
        );
        await action("main", { INPUT_MODES: "tls-verify", INPUT_CHECK: "true" });
        const client = `cd ${PACKAGE} && exec node --input-type=module -e '${CLIENT}'`;
        seen.client = await step(await given("GITHUB_ENV"), "sh", "-c", client);
        const state = Object.entries(await given("GITHUB_STATE"));
        const job = Object.fromEntries(state.map(([name, value]) => [`STATE_${name}`, value]));
        await action("post", { ...job, "INPUT_JOB-STATUS": "success" });
        seen.left = await step({}, "sh", "-c", `cat /proc/[0-9]*/stat; echo ${TEMP}/nats-sandbox-*`);
        await container.kill();
      },
    });
    expect(seen.client).toBe("in, out\n");
    // Nobody there waits for processes that lost their parent: what has ended stays in the list, as Z.
    const alive = [...seen.left.matchAll(/^\d+ \((\S+)\) [^Z]/gm)].map(([, name]) => name);
    expect(alive).toContain("tail");
    expect(alive.filter((name) => name === "node" || name === "nats-server")).toEqual([]);
    expect(seen.left).toContain(`${TEMP}/nats-sandbox-*\n`); // nothing of that name
  });
});
