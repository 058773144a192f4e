/** What others do to the containers of a sandbox behind its back: it is told, and the usual commands set it right. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { askStatus, clientsGetIn, down, upDetached } from "../testing/cli-detached.ts";
import { eventually } from "../testing/cli-program.ts";
import { realServer } from "../testing/cli-room.ts";
import { NO_DOCKER } from "../testing/docker-lab.ts";
import { type DockerRoom, openDockerRoom, type Role } from "../testing/docker-rooms.ts";

vi.setConfig({ testTimeout: 60_000 });
beforeAll(() => realServer());

/** Longer than any command of these may take, were it not that something waits for what never comes. */
const BOUNDED = 15_000;

describe.skipIf(NO_DOCKER !== "")("a sandbox in containers", () => {
  let room: DockerRoom;
  beforeEach(async () => {
    room = await openDockerRoom("docker-trouble");
  });
  afterEach(async () => {
    const left = await room.leftovers();
    await room[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  });

  async function containerOf(role: Role, mode?: string) {
    const found = (await room.containers(role)).filter(
      ({ Labels }) => mode === undefined || Labels["nats-sandbox.mode"] === mode,
    );
    return room.docker.getContainer(found[0]?.Id ?? "");
  }
  const states = async () => {
    const { document } = await askStatus(room);
    return Object.fromEntries(
      document.modes.map((one: { mode: string; state: string }) => [one.mode, one.state]),
    );
  };
  const become = (wanted: Readonly<Record<string, string>>) =>
    eventually(async () => isDeepStrictEqual(await states(), wanted), JSON.stringify(wanted));
  async function ok(args: readonly string[]) {
    const { status, stdout, stderr } = await room.run(args);
    expect({ status, trouble: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, trouble: "" });
    return { stdout, stderr };
  }

  it("tells of a server whose container somebody removed; restart brings it back", async () => {
    const { dir } = await upDetached(room, ["token", "user-pass"]);
    await (await containerOf("server", "token")).remove({ force: true });
    await become({ token: "ended", "user-pass": "ready" });
    await ok(["restart", "token"]);
    expect(await states()).toEqual({ token: "ready", "user-pass": "ready" });
    expect(await clientsGetIn(dir)).toEqual([true, true]);
    await down(room);
  });

  it.each([{ v: false }, { v: true }])(
    "ends as a whole when somebody removes its guard (%o); restart makes a new one",
    async (how) => {
      const { dir } = await upDetached(room, ["token", "user-pass"]);
      await (await containerOf("guard")).remove({ force: true, ...how });
      await become({ token: "ended", "user-pass": "ended" });
      await ok(["restart"]);
      expect(await states()).toEqual({ token: "ready", "user-pass": "ready" });
      expect(await clientsGetIn(dir)).toEqual([true, true]);
      const names = (await room.containers("guard")).map(({ Names }) => Names[0]);
      expect(names).toEqual([expect.stringMatching(/^\/nats-sandbox-default-guard-[0-9a-f]{8}-2$/)]);
      await down(room);
    },
  );

  it.each(["server", "guard"] as const)("can be stopped although somebody paused its %s", async (role) => {
    await upDetached(room, ["open"]);
    await (await containerOf(role)).pause();
    const begin = performance.now();
    await ok(["down"]);
    expect(performance.now() - begin).toBeLessThan(BOUNDED);
  });

  it("a restart of a server that somebody paused is a restart", async () => {
    const { dir } = await upDetached(room, ["open"]);
    await (await containerOf("server")).pause();
    await ok(["restart"]);
    expect(await clientsGetIn(dir)).toEqual([true]);
    await down(room);
  });

  it("builds its image again when somebody has removed it", async () => {
    const { path, version } = await realServer();
    const binary = join(room.work, "nats-server");
    const program = Buffer.concat([readFileSync(path), randomBytes(8)]); // for an image of its own
    writeFileSync(binary, program, { mode: 0o700 });
    const digest = createHash("sha256").update(program).digest("hex").slice(0, 12);
    const image = room.docker.getImage(`nats-sandbox/nats-server:${version}-${digest}`);
    for (const _ of ["built", "built again"]) {
      await ok(["check", "open", "--server", binary]);
      await image.remove();
    }
  });
});
