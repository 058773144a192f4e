/** Containers that a dead owner created and never started: the next command removes them, and doctor tells of them before. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { startTime } from "../state/process-id.ts";
import { realServer } from "../testing/cli-room.ts";
import { DOCKER_ENV, type DockerLab, NO_DOCKER, openDockerLab } from "../testing/docker-lab.ts";
import { examine, type Found } from "../testing/doctor-room.ts";
import { labelsOf } from "./docker/labels.ts";

vi.setConfig({ testTimeout: 60_000 });

const env = DOCKER_ENV;

/** A process that has ended. */
const DEAD = { pid: spawnSync("true").pid, started: "long ago" };

/** The folder and the lock that an owner leaves who is killed while it creates its first container. */
function leaveSandbox({ room }: DockerLab): void {
  const dir = join(room.state, "default");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, ".sandbox.json"), JSON.stringify({ schema: 1, name: "default" }));
  writeFileSync(join(dir, "has-containers"), "");
  const lock = JSON.stringify({ ...DEAD, host: hostname() });
  writeFileSync(join(room.state, "default.owner.json"), lock, { mode: 0o600 });
}

async function createContainer({ docker, options, room }: DockerLab, owner: typeof DEAD): Promise<string> {
  const labels = labelsOf({ dir: join(room.dir, "x"), name: "default" }, "server");
  const whose = { "nats-sandbox.owner-pid": String(owner.pid), "nats-sandbox.owner-started": owner.started };
  const container = await docker.createContainer({ Image: options().image, Labels: { ...labels, ...whose } });
  return container.id;
}

const ids = async (lab: DockerLab) => (await lab.containers()).map(({ Id }) => Id);

/** Other tests sweep the same engine: one of them may be quicker than doctor. */
async function foundDead(lab: DockerLab): Promise<Found> {
  for (;;) {
    await createContainer(lab, DEAD);
    const found = await examine(lab.room, { env });
    if (found.bad.containers !== undefined) return found;
  }
}

describe.skipIf(NO_DOCKER !== "")("containers of a dead owner", () => {
  beforeAll(() => realServer());

  it("are told of by doctor, and removed by down; those of a living owner stay", async () => {
    await using lab = await openDockerLab();
    leaveSandbox(lab);
    const living = await createContainer(lab, { pid: process.pid, started: startTime(process.pid) ?? "" });
    const { bad, items } = await foundDead(lab);
    expect(items).toContainEqual(expect.objectContaining({ id: "engine-docker", state: "ok" }));
    const fix = "nats-sandbox check open --engine docker";
    expect(bad.containers).toMatchObject({ state: "warning", fix });
    expect((await lab.room.run(["down"], { env })).status).toBe(0);
    expect(await ids(lab)).toEqual([living]);
  });

  it("are removed by what doctor says, whichever directory their sandbox was in", async () => {
    await using lab = await openDockerLab();
    const { bad } = await foundDead(lab);
    const [, ...command] = bad.containers?.fix?.split(" ") ?? [];
    expect((await lab.room.run(command, { env })).status).toBe(0);
    expect(await ids(lab)).toEqual([]);
  });

  it("are removed by a command that starts processes, too", async () => {
    await using lab = await openDockerLab();
    leaveSandbox(lab);
    await createContainer(lab, DEAD);
    expect((await lab.room.run(["check", "open", "--engine", "process"], { env })).status).toBe(0);
    expect(await ids(lab)).toEqual([]);
  });

  it("wait for a command that finds the engine, and keep none from working that does not", async () => {
    await using lab = await openDockerLab();
    leaveSandbox(lab);
    await createContainer(lab, DEAD);
    const none = { DOCKER_HOST: `unix://${join(lab.room.dir, "none.sock")}` };
    expect((await lab.room.run(["down"], { env: none })).status).toBe(0);
    expect((await lab.room.run(["check", "open", "--engine", "docker"], { env })).status).toBe(0);
    expect(await ids(lab)).toEqual([]);
  });
});
