/** Ports of servers in containers: they stay what they were, and when one is taken it is said by whom. */
import { appendFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { removeContainer } from "../engines/docker/remove.ts";
import { clientsGetIn, differing, down, lifeOf, portOf, upDetached } from "../testing/cli-detached.ts";
import { realServer } from "../testing/cli-room.ts";
import { NO_DOCKER, testImage } from "../testing/docker-lab.ts";
import { type DockerRoom, openDockerRoom } from "../testing/docker-rooms.ts";
import { READY } from "../testing/kill-moments.ts";

vi.setConfig({ testTimeout: 60_000 });
beforeAll(() => realServer());

/** Another program's container, which publishes a port; ends when it is told to. */
async function publisher({ docker, dir }: DockerRoom) {
  const { Os, Arch } = await docker.version();
  const { id } = await testImage(docker, `${Os}/${Arch}`);
  const name = `${dir.replace(/^.*\//, "")}-other`;
  const container = await docker.createContainer({
    name,
    Image: id,
    ExposedPorts: { "4222/tcp": {} },
    HostConfig: { PortBindings: { "4222/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
  });
  await container.start();
  const { NetworkSettings } = await container.inspect();
  const port = Number(NetworkSettings.Ports["4222/tcp"]?.[0]?.HostPort);
  return { name, port, [Symbol.asyncDispose]: () => removeContainer(container) };
}

async function occupy(port: number): Promise<AsyncDisposable> {
  const other = createServer();
  await new Promise<void>((resolve, reject) =>
    other.once("error", reject).listen(port, "127.0.0.1", resolve),
  );
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => other.close(() => resolve())) };
}

describe.skipIf(NO_DOCKER !== "")("a port of a server in a container", () => {
  it("stays the same over a restart, and so do credentials and certificates over down and up", async () => {
    await using room = await openDockerRoom("docker-ports");
    const modes = ["tls-verify", "token"];
    const told = await upDetached(room, modes);
    const { status, stdout } = await room.run(["restart", "--json"]);
    expect(status).toBe(0);
    for (const mode of modes) expect(portOf(JSON.parse(stdout), mode)).toBe(portOf(told, mode));
    expect(await clientsGetIn(told.dir)).not.toContain(false);
    await down(room);
    const [first, second] = [await lifeOf(room, modes), await lifeOf(room, modes)];
    expect(Object.keys(first).length).toBeGreaterThan(modes.length);
    expect(differing(first, second)).toEqual([]);
    expect(first[`url of token`]).toBe(told.modes.find(({ mode }) => mode === "token")?.url);
    expect(await room.leftovers()).toEqual([]);
  });

  it("stays the same after Ctrl-C", async () => {
    await using room = await openDockerRoom("docker-ports");
    const urls = [];
    for (const _ of ["first", "again"]) {
      const up = await room.start(["up", "token"]).says(READY);
      const { status, stdout } = await up.end("SIGINT");
      expect(status).toBe(0);
      urls.push(/nats:\/\/\S+:\d+/.exec(stdout)?.[0]);
    }
    expect(urls[0]).toMatch(/:\d+$/);
    expect(urls[1]).toBe(urls[0]);
    expect(await room.leftovers()).toEqual([]);
  });

  it("that is taken meanwhile is replaced, which is told with who has it", async () => {
    await using room = await openDockerRoom("docker-ports");
    const port = portOf(await upDetached(room, ["open"]));
    await down(room);
    await using _ = await occupy(port);
    const { status, stdout, stderr } = await room.run(["up", "--detach", "--json", "open"]);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      new RegExp(`port ${port}, asked for by open/server, is taken, by .*${process.pid}.*; another one`),
    );
    expect(portOf(JSON.parse(stdout))).not.toBe(port);
    await down(room);
    expect(await room.leftovers()).toEqual([]);
  });

  it("that is fixed and taken by another container is an error that names it; nothing is left", async () => {
    await using room = await openDockerRoom("docker-ports");
    await using other = await publisher(room);
    appendFileSync(join(room.work, "nats-sandbox.yaml"), `ports: { open: ${other.port} }\n`);
    const { status, stderr } = await room.run(["up", "--detach", "open"]);
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringContaining(`port ${other.port}, asked for by open/server, is taken`),
    });
    expect(stderr).toContain(`by the container ${other.name} (`);
    expect(await room.leftovers()).toEqual([]);
    expect(await room.remaining()).toEqual([]);
  });
});
