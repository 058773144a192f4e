/** What is done with images that somebody names: those with a nats-server run, all others are told, and leave nothing. */
import { readFileSync } from "node:fs";
import type Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openRoom, realServer } from "../../testing/cli-room.ts";
import { ensureNodeImage, NODE_IMAGE } from "../../testing/docker-client.ts";
import { connectTestDocker, DOCKER_ENV, NO_DOCKER } from "../../testing/docker-lab.ts";
import { buildImage, forget } from "../../testing/docker-registry.ts";
import { randomFor } from "../../testing/random.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const random = randomFor("the names of images");

describe.skipIf(NO_DOCKER !== "")(`an image ${NO_DOCKER}`, () => {
  const names: string[] = [];
  let docker: Docker;
  beforeAll(async () => {
    ({ docker } = await connectTestDocker());
    await ensureNodeImage(docker);
  });
  afterAll(() => forget(docker, ...names));

  async function image(dockerfile: readonly string[], files?: Readonly<Record<string, Buffer>>) {
    const name = `nats-sandbox-test:${Math.floor(random() * 1e12).toString(36)}`;
    names.push(name);
    await buildImage(docker, name, dockerfile, files);
    return name;
  }

  async function check(name: string, env: NodeJS.ProcessEnv = {}) {
    await using room = await openRoom("image");
    const args = ["check", "open", "--json", "--engine", "docker", "--image", name];
    const { status, stdout } = await room.run(args, { env: { ...DOCKER_ENV, ...env } });
    const all = await docker.listContainers({ all: true, filters: { label: ["nats-sandbox.project"] } });
    const own = all.filter(({ Labels }) => Labels["nats-sandbox.project"]?.startsWith(room.dir));
    const left = [
      ...own.map(({ Names }) => Names.join()),
      ...room.left().filter((file) => !file.startsWith("home")),
    ];
    return { status, said: JSON.parse(stdout), left };
  }

  it("runs whatever its server is called", async () => {
    const server = readFileSync((await realServer()).path);
    const name = await image(["FROM scratch", "COPY gnatsd /", 'ENTRYPOINT ["/gnatsd"]'], { gnatsd: server });
    expect(await check(name)).toMatchObject({ status: 0, left: [] });
  });

  it.each([
    ["prints other words", "console.log('hello')", 'it printed "hello"'],
    ["prints for ever", "setInterval(() => console.log('hello'.repeat(100)), 1)", "it printed"],
    ["ends with an error", "process.exit(1)", "it printed nothing"],
    ["stays for ever", "setInterval(() => {}, 1e6)", "it printed nothing"],
  ])("with a program that %s holds no server", async (_, script, words) => {
    const entry = JSON.stringify(["/node", "--eval", script, "--"]);
    expect(await check(await image([`FROM ${NODE_IMAGE}`, `ENTRYPOINT ${entry}`]))).toMatchObject({
      status: 3,
      said: { error: { code: "server-broken", detail: expect.stringContaining(words) } },
      left: [],
    });
  });

  it("without its program holds none, either", async () => {
    const name = await image([`FROM ${NODE_IMAGE}`, 'ENTRYPOINT ["/not-there"]']);
    expect(await check(name)).toMatchObject({
      status: 3,
      said: {
        error: { code: "server-broken", detail: expect.stringMatching(/does not start: .*not-there/) },
      },
      left: [],
    });
  });
});
