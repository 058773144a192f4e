/** Which engine runs servers when nobody says, and what each choice loads. */
import type Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { openRoom, realServer } from "../testing/cli-room.ts";
import { connectTestDocker, DOCKER_ENV, NO_DOCKER, testImage } from "../testing/docker-lab.ts";
import { forget } from "../testing/docker-registry.ts";
import { loadedBy } from "../testing/loaded-modules.ts";

vi.setConfig({ testTimeout: 60_000 });
beforeAll(() => realServer());

/** There are no such servers, so no machine has one. */
const [IN_IMAGE, NOWHERE] = ["2.996.0", "2.995.0"];

const isClient = (url: string) => /^node_modules\/(dockerode|docker-modem|tar-stream)\//.test(url);

describe("the client of Docker engines", () => {
  test("is not loaded for processes", async () => {
    await using room = await openRoom("choose");
    const loaded = await loadedBy(room, ["check", "open"]);
    expect(loaded.filter(isClient)).toEqual([]);
    expect(loaded).toContain("dist/engines/process.js");
  });

  test.skipIf(NO_DOCKER !== "")(`is loaded for containers ${NO_DOCKER}`, async () => {
    await using room = await openRoom("choose");
    Object.assign(room.env, DOCKER_ENV);
    const loaded = await loadedBy(room, ["check", "open", "--engine", "docker"]);
    expect(loaded.filter(isClient)).not.toEqual([]);
  });
});

test("without a server and without an engine, both are told", async () => {
  await using room = await openRoom("choose");
  const env = { DOCKER_HOST: `unix://${room.dir}/no.sock` };
  const { status, stderr } = await room.run(["check", "open", "--offline", "--server", NOWHERE], { env });
  expect(status).toBe(3);
  expect(stderr).toContain(`there is no nats-server ${NOWHERE} here`);
  expect(stderr).toContain("no Docker engine answers");
  expect(stderr).toContain(`unix://${room.dir}/no.sock (DOCKER_HOST): there is no such file`);
});

describe.skipIf(NO_DOCKER !== "")(`without a server, but with an engine ${NO_DOCKER}`, () => {
  let docker: Docker;
  beforeAll(async () => {
    const { docker: found, platform } = await connectTestDocker();
    docker = found;
    await docker.getImage((await testImage(docker, platform)).id).tag({ repo: "nats", tag: IN_IMAGE });
  });
  afterAll(() => forget(docker, `nats:${IN_IMAGE}`));

  it("that has the image, servers run in containers, which is said", async () => {
    await using room = await openRoom("choose");
    const args = ["check", "open", "--offline", "--server", IN_IMAGE];
    const { status, stdout, stderr } = await room.run(args, { env: DOCKER_ENV });
    expect(stderr).toContain(`there is no nats-server ${IN_IMAGE} here: the docker engine runs one`);
    expect(stdout + stderr).toContain(`from the image nats:${IN_IMAGE}`);
    expect(status).toBe(0);
  });

  it("that has none, both are told", async () => {
    await using room = await openRoom("choose");
    const args = ["check", "open", "--offline", "--server", NOWHERE];
    const { status, stderr } = await room.run(args, { env: DOCKER_ENV });
    expect(status).toBe(3);
    expect(stderr).toContain(`there is no nats-server ${NOWHERE} here`);
    expect(stderr).toContain(`the image nats:${NOWHERE} is not to be had`);
  });
});
