/** What a server's container may do, seen from outside: as the engine tells it, as the kernel tells it, as the server finds it. */
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { ContainerInspectInfo } from "dockerode";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Status } from "../../keeper/status.ts";
import { startTime } from "../../state/process-id.ts";
import { down, portOf, secretsOf, upDetached } from "../../testing/cli-detached.ts";
import { realServer } from "../../testing/cli-room.ts";
import { DOCKER_ENV, NO_DOCKER, openDockerLab } from "../../testing/docker-lab.ts";
import { type DockerRoom, openDockerRoom } from "../../testing/docker-rooms.ts";
import { failureOf, startOn } from "../../testing/engine-lab.ts";

vi.setConfig({ testTimeout: 60_000 });
beforeAll(() => realServer());

const MODES = ["tls-verify", "user-pass-bcrypt", "token"];

/** Whether the engine's processes are ones of this machine, so that the kernel can be asked. */
const SEES_PROCESSES = process.platform === "linux" && DOCKER_ENV.DOCKER_HOST.startsWith("unix:");

describe.skipIf(NO_DOCKER !== "")("a container of ours", () => {
  let room: DockerRoom;
  let status: Status;
  let all: readonly ContainerInspectInfo[];
  const of = (role: string) => all.filter(({ Config }) => Config.Labels["nats-sandbox.role"] === role);

  beforeAll(async () => {
    room = await openDockerRoom("hardening");
    status = await upDetached(room, MODES);
    all = await room.inspected();
  });
  afterAll(async () => {
    await down(room);
    const left = await room.leftovers();
    await room[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  });

  it("is a guard, or one server of a mode, with a name that says so", () => {
    const names = all.map(({ Name }) => Name.replace(/-[0-9a-f]{8}$/, "")).sort();
    expect(names).toEqual([
      "/nats-sandbox-default-guard",
      "/nats-sandbox-default-tls-verify-server",
      "/nats-sandbox-default-token-server",
      "/nats-sandbox-default-user-pass-bcrypt-server",
    ]);
  });

  it("can write nothing, has no capability and gains none, and is limited", () => {
    for (const { HostConfig, Name } of all)
      expect(HostConfig, Name).toMatchObject({
        ReadonlyRootfs: true,
        Privileged: false,
        CapDrop: ["ALL"],
        CapAdd: null,
        SecurityOpt: ["no-new-privileges"],
        IpcMode: "none",
        AutoRemove: true,
        RestartPolicy: { Name: expect.stringMatching(/^(no)?$/) },
        Memory: 128 * 1024 * 1024,
        MemorySwap: 128 * 1024 * 1024,
        PidsLimit: 64,
        LogConfig: { Type: "none" },
      });
  });

  it("sees nothing of the machine: no folder, no device, no socket, only the sandbox's own volume", async () => {
    const [volume] = await room.volumes();
    for (const { HostConfig, Mounts, Name } of all) {
      expect(HostConfig.Binds ?? [], Name).toEqual([]);
      expect(HostConfig.Devices ?? [], Name).toEqual([]);
      expect(HostConfig, Name).toMatchObject({ UsernsMode: "", UTSMode: "" });
      const seen = Mounts.map(({ Type, Name: name, Destination }) => ({ Type, name, Destination }));
      expect(seen, Name).toEqual([{ Type: "volume", name: volume, Destination: "/nats-sandbox" }]);
    }
  });

  it("runs as a user of its own, whom the machine does not know", () => {
    const users = all.map(({ Config }) => Config.User);
    expect(new Set(users).size).toBe(all.length);
    for (const user of users) expect(user).toMatch(/^(1\d{4}):\1$/);
  });

  it("is published on loopback by the client listener alone, the guard nowhere", () => {
    for (const { NetworkSettings, Config, HostConfig } of of("server")) {
      const mode = Config.Labels["nats-sandbox.mode"];
      const bindings = Object.entries(NetworkSettings.Ports).filter(([, bound]) => (bound ?? []).length > 0);
      const HostPort = String(portOf(status, mode));
      expect(bindings).toEqual([["4222/tcp", [{ HostIp: "127.0.0.1", HostPort }]]]);
      expect(HostConfig.PublishAllPorts).toBe(false);
      expect(Object.keys(NetworkSettings.Networks)).toEqual(["bridge"]);
    }
    const [guard] = of("guard");
    expect(guard?.HostConfig.NetworkMode).toBe("none");
    expect(guard?.NetworkSettings.Ports).toEqual({});
  });

  it("says whose it is", () => {
    for (const { Config } of all)
      expect(Config.Labels).toMatchObject({
        "nats-sandbox.project": status.dir,
        "nats-sandbox.name": "default",
        "nats-sandbox.version": status.modes[0]?.servers?.[0]?.version,
        "nats-sandbox.owner-pid": String(status.owner),
        "nats-sandbox.owner-started": startTime(status.owner),
        "nats-sandbox.owner-host": expect.stringContaining(hostname()),
      });
    const modes = of("server").map(({ Config }) => Config.Labels["nats-sandbox.mode"]);
    expect(modes.sort()).toEqual([...MODES].sort());
  });

  it("holds no secret in anything that the engine tells of it", () => {
    const secrets = secretsOf(room);
    expect(secrets.length).toBeGreaterThan(MODES.length);
    const told = JSON.stringify(all);
    expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
  });

  it.skipIf(!SEES_PROCESSES)(
    "has no more than that in the eyes of the kernel (Linux, local engine)",
    (test) => {
      const seen = all.map(({ State, Config }) => ({ proc: `/proc/${State.Pid}`, user: Config.User }));
      if (
        seen.some(
          ({ proc }) =>
            !existsSync(proc) || !/nats-server|gnatsd/.test(readFileSync(`${proc}/cmdline`, "utf8")),
        )
      )
        test.skip("the engine's processes are in another pid namespace than these tests");
      for (const { proc, user } of seen) {
        const lines = readFileSync(`${proc}/status`, "utf8");
        const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(lines)?.[1];
        const [uid] = user.split(":");
        expect(field("Uid")?.split(/\s+/)).toEqual([uid, uid, uid, uid]);
        expect(field("Gid")?.split(/\s+/)).toEqual([uid, uid, uid, uid]);
        for (const set of ["CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"])
          expect(field(set), set).toMatch(/^0+$/);
        expect(field("NoNewPrivs")).toBe("1");
      }
    },
  );
});

describe.skipIf(NO_DOCKER !== "")("with other listeners", () => {
  it("--monitor is published too, on loopback; nothing else is", async () => {
    await using room = await openDockerRoom("hardening-monitor");
    await upDetached(room, ["open", "--monitor"]);
    const [server] = await room.inspected("server");
    const published = Object.entries(server?.NetworkSettings.Ports ?? {}).filter(
      ([, bound]) => bound !== null,
    );
    expect(published.map(([port]) => port).sort()).toEqual(["4222/tcp", "8222/tcp"]);
    expect(published.flatMap(([, bound]) => bound.map(({ HostIp }) => HostIp))).toEqual([
      "127.0.0.1",
      "127.0.0.1",
    ]);
    await down(room);
    expect(await room.leftovers()).toEqual([]);
  });

  it("a server reads its own files, and cannot read another one's", async () => {
    await using lab = await openDockerLab();
    const engine = await lab.engine();
    const files = { "accounts.conf": "accounts { A: {} }\n" };
    const others = await startOn(engine, { id: "one/server", files });
    const include = (path: string) => () => `include ${JSON.stringify(path)}`;
    const own = await startOn(engine, { id: "two/server", files, config: include("accounts.conf") });
    const error = await failureOf(
      startOn(engine, { id: "three/server", config: include("../one.server/accounts.conf") }),
    );
    expect(error).toMatchObject({ code: "start-failed", detail: expect.stringMatching(/permission denied/) });
    await Promise.all([others, own].map(({ server }) => server.stop()));
    await lab.close();
    expect(await lab.leftovers()).toEqual([]);
  });
});
