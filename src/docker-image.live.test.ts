/** nats-sandbox in a container of its own: what a CI job does in it, locked down as far as Docker can. */
import { readFileSync } from "node:fs";
import type Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_VERSION } from "./server/find.ts";
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
/** A process whose parent ends before it; then the state of every process. */
const ORPHAN = "(sleep 0.1 &); sleep 1; cat /proc/[0-9]*/stat";

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
});
