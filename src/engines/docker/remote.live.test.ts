/** An engine at an address that is no loopback: servers are published there alone, and pass all their checks. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openRoom } from "../../testing/cli-room.ts";
import { connectTestDocker, DOCKER_ENV, NO_DOCKER } from "../../testing/docker-lab.ts";
import { engineFiles, openEngineRelay } from "../../testing/docker-relay.ts";

vi.setConfig({ testTimeout: 90_000 });

const SOCKET = DOCKER_ENV.DOCKER_HOST.replace(/^unix:\/\//, "");
/** Of the engine's own bridge: nobody outside this machine reaches it. Undefined where that is not on this machine. */
const ADDRESS = NO_DOCKER === "" ? await bridgeAddress() : undefined;
const NOT_HERE =
  NO_DOCKER ||
  (SOCKET.startsWith("/") && ADDRESS !== undefined ? "" : "the engine has no socket or bridge here");

describe.skipIf(NOT_HERE !== "")(`an engine at another address ${NOT_HERE}`, () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "nats-sandbox-remote-"));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it("publishes there, in the certificates too; all checks pass; nothing is left", async () => {
    const { server, client } = await engineFiles(dir, ADDRESS);
    await using relay = await openEngineRelay({ socketPath: SOCKET, address: ADDRESS ?? "", tls: server });
    await using room = await openRoom("remote");
    const env = { DOCKER_HOST: relay.url, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: client };
    const check = await room.run(["check", "tls-verify", "user-pass", "--engine", "docker"], { env });
    expect(check).toMatchObject({ status: 0 });

    const { docker } = await connectTestDocker();
    const own = async () => {
      const all = await docker.listContainers({ all: true, filters: { label: ["nats-sandbox.project"] } });
      return all.filter(({ Labels }) => Labels["nats-sandbox.project"]?.startsWith(room.dir));
    };
    const up = room.start(["up", "tls-verify", "--engine", "docker"], { env });
    await up.says(/Ctrl-C stops everything/);
    const published = (await own()).flatMap(({ Ports }) => Ports.flatMap(({ IP }) => IP ?? []));
    expect(published).toEqual([ADDRESS]);
    const { stdout } = await room.run(["certs", "inspect", "tls-verify"], { env });
    expect(stdout).toMatch(new RegExp(`for +.*${ADDRESS}`));
    await up.end("SIGINT");
    expect(await own()).toEqual([]);
  });
});

async function bridgeAddress(): Promise<string | undefined> {
  const { docker } = await connectTestDocker();
  const { IPAM } = await docker.getNetwork("bridge").inspect();
  const [config] = IPAM?.Config ?? [];
  const address = config?.Gateway ?? config?.Subnet?.replace(/\.0\/\d+$/, ".1");
  if (address === undefined) return undefined;
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(0, address, () => server.close(() => resolve(address)));
  });
}
