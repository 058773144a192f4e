/** A sandbox in containers as other containers see it: in a network of the user's, and through the engine's machine. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { upDetached } from "../testing/cli-detached.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { dialInContainer } from "../testing/docker-client.ts";
import { connectTestDocker, DOCKER_ENV, NO_DOCKER } from "../testing/docker-lab.ts";

vi.setConfig({ testTimeout: 120_000 }); // an image of Node is built first

const env = DOCKER_ENV;
const NETWORK = `nats-sandbox-test-${randomBytes(4).toString("hex")}`;
const GATEWAY = ["host.docker.internal:host-gateway"];

/** The environment of a mode's client as it is seen from there, its files under /certs. */
async function seen(room: Room, mode: string, from: string, more: readonly string[] = []) {
  const args = ["env", mode, "--from", from, "--format", "json", ...more];
  const { status, stdout, stderr } = await room.run(args, { env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout).env as Record<string, string>;
}

describe.skipIf(NO_DOCKER !== "")("a server in a container", () => {
  beforeAll(async () => {
    await realServer();
    const { docker } = await connectTestDocker();
    await docker.createNetwork({ Name: NETWORK, Internal: true });
  });
  afterAll(async () => {
    const { docker } = await connectTestDocker();
    await docker.getNetwork(NETWORK).remove();
  });

  it("is dialled by its alias in the user's network, by others as host.docker.internal, and here as ever", async () => {
    await using room = await openRoom("from-containers");
    const { docker } = await connectTestDocker();
    const where = ["--engine", "docker", "--network", NETWORK, "--alias", "nats", "--containers"];
    const told = await upDetached(room, ["tls-verify", ...where], { env });
    const own = told.modes[0]?.clients?.app;
    const files = [own?.ca, own?.cert, own?.key].filter((path) => path !== undefined);
    const inNetwork = await seen(room, "tls-verify", "network", ["--files", "/certs"]);
    const outside = await seen(room, "tls-verify", "container", ["--files", "/certs"]);
    expect(inNetwork).toMatchObject({ NATS_URL: "tls://nats:4222", NATS_CA: "/certs/ca.pem" });
    expect(outside.NATS_URL).toMatch(/^tls:\/\/host\.docker\.internal:\d+$/);
    expect(inNetwork).not.toHaveProperty("NATS_CONTEXT");

    const { NATS_CERT: _, NATS_KEY: __, ...without } = inNetwork;
    const dials = [
      { network: NETWORK, env: inNetwork, files },
      { network: "bridge", env: outside, files, extraHosts: GATEWAY },
      { network: NETWORK, env: without, files },
      { network: "bridge", env: { ...outside, NATS_URL: told.modes[0]?.url ?? "" }, files },
    ];
    const answers = await Promise.all(dials.map((one) => dialInContainer(docker, one)));
    // In both ways in; without a certificate refused; and loopback of this machine is not a container's.
    expect(answers).toEqual(["in", "in", expect.stringMatching(/CERTIFICATE_REQUIRED/), "ECONNREFUSED"]);
    expect((await room.run(["down"], { env })).status).toBe(0);
  });

  it("has a name of its own in the network for each mode", async () => {
    await using room = await openRoom("from-network");
    const { docker } = await connectTestDocker();
    await upDetached(room, ["token", "user-pass", "--engine", "docker", "--network", NETWORK], { env });
    const [token, user] = [await seen(room, "token", "network"), await seen(room, "user-pass", "network")];
    expect([token.NATS_URL, user.NATS_URL]).toEqual(["nats://nats-token:4222", "nats://nats-user-pass:4222"]);
    const dials = [token, user, { ...token, NATS_URL: user.NATS_URL ?? "" }];
    const answers = await Promise.all(
      dials.map((one) => dialInContainer(docker, { network: NETWORK, env: one })),
    );
    expect(answers).toEqual(["in", "in", expect.stringContaining("Authorization Violation")]);
    expect((await room.run(["down"], { env })).status).toBe(0);
  });

  it("is out of reach of containers unless that was asked for, and env says how to", async () => {
    await using room = await openRoom("from-nowhere");
    await upDetached(room, ["open", "--engine", "docker"], { env });
    for (const [from, how] of [
      ["network", "--network NAME"],
      ["container", "--containers"],
    ] as const) {
      const { status, stderr } = await room.run(["env", "open", "--from", from], { env });
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(how) });
    }
    expect((await room.run(["down"], { env })).status).toBe(0);
  });
});
