/** Sandboxes in containers, side by side and ended at any moment: none takes anything of another, and nothing is left. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { askStatus, clientsGetIn, portOf, upDetached } from "../testing/cli-detached.ts";
import { realServer } from "../testing/cli-room.ts";
import { NO_DOCKER } from "../testing/docker-lab.ts";
import { openDockerRoom } from "../testing/docker-rooms.ts";
import { READY } from "../testing/kill-moments.ts";
import { randomFor, SEED } from "../testing/random.ts";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 2 });
beforeAll(() => realServer());

const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const SIGNALS = Object.keys(STATUS) as readonly (keyof typeof STATUS)[];
/** How long (ms) two modes take to be ready, about, on a machine that has nothing else to do. */
const STARTING = 2_000;

describe.skipIf(NO_DOCKER !== "").concurrent(`a signal, with containers (seed ${SEED})`, () => {
  const cases = SIGNALS.flatMap((signal) => [0, 1, 2, 3].map((run) => ({ signal, run })));
  it.each(cases)(
    "$signal while it starts ends it, and nothing is left (run $run)",
    async ({ signal, run }) => {
      await using room = await openDockerRoom("docker-signal");
      const up = room.start(["up", "tls-verify", "token"]);
      await sleep((run + randomFor(`${signal} ${run}`)()) * (STARTING / 4));
      const { status, stdout, stderr } = await up.end(signal);
      expect(status).toBe(READY.test(stdout) ? 0 : STATUS[signal]);
      expect(stderr).not.toMatch(/✖|^ {4}at /m);
      expect([...(await room.leftovers()), ...(await room.remaining()), ...room.left()]).toEqual([]);
    },
  );

  it.each(SIGNALS)("%s twice while it stops ends it at once, and nothing is left", async (signal) => {
    await using room = await openDockerRoom("docker-signal");
    const up = await room.start(["up", "open"]).says(READY);
    up.kill(signal);
    await up.says(/stopping…/);
    await sleep(randomFor(`stopping ${signal}`)() * 100);
    await up.end(signal);
    expect((await room.run(["down"])).status).toBe(0);
    expect([...(await room.leftovers()), ...(await room.remaining()), ...room.left()]).toEqual([]);
  });
});

describe.skipIf(NO_DOCKER !== "")("sandboxes in containers side by side", () => {
  it("of two that want one name, one gets it, and the other says who has it", async () => {
    await using room = await openDockerRoom("docker-twice");
    const ups = await Promise.all([1, 2].map(() => room.run(["up", "--detach", "open"])));
    expect(ups.map(({ status }) => status).sort()).toEqual([0, 3]);
    expect(ups.find(({ status }) => status === 3)?.stderr).toMatch(/✖ .*default.*\n {2}.*process \d+/);
    expect(await room.containers("server")).toHaveLength(1);
    const { document } = await askStatus(room);
    expect(await clientsGetIn(document.dir)).toEqual([true]);
    expect((await room.run(["down"])).status).toBe(0);
    expect(await room.leftovers()).toEqual([]);
  });

  it("five names at once have servers of their own, and go one by one", async () => {
    await using room = await openDockerRoom("docker-names");
    const names = ["n1", "n2", "n3", "n4", "n5"];
    const all = await Promise.all(names.map((name) => upDetached(room, ["token", "--name", name])));
    expect(new Set(all.map((one) => portOf(one))).size).toBe(names.length);
    expect(await room.containers("guard")).toHaveLength(names.length);
    for (const [index, { dir, name }] of all.entries()) {
      expect(await clientsGetIn(dir)).toEqual([true]);
      expect((await room.run(["down", "--name", name])).status).toBe(0);
      expect(await room.containers("server")).toHaveLength(names.length - 1 - index);
    }
    expect(await room.leftovers()).toEqual([]);
  });

  it("of one name in two directories know nothing of each other", async () => {
    await using room = await openDockerRoom("docker-dirs");
    const other = { cwd: join(room.work, "other") };
    mkdirSync(other.cwd);
    const here = await upDetached(room, ["token"]);
    const there = await upDetached(room, ["token", "--engine", "docker"], other);
    expect(there.dir).not.toBe(here.dir);
    expect((await room.run(["down"])).status).toBe(0);
    expect(await clientsGetIn(there.dir)).toEqual([true]);
    expect((await room.run(["check", "open"])).status).toBe(0); // which sweeps
    expect(await clientsGetIn(there.dir)).toEqual([true]);
    expect((await room.run(["down"], other)).status).toBe(0);
    expect(await room.leftovers()).toEqual([]);
  });
});
