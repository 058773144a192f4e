/** An engine that restarts, hangs, or is gone for good under a sandbox; and one whose disk is full. */
import { statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { askStatus, clientsGetIn, down, upDetached } from "../testing/cli-detached.ts";
import { eventually } from "../testing/cli-program.ts";
import { realServer } from "../testing/cli-room.ts";
import { NO_OWN_ENGINE, type OwnEngine, openOwnEngine } from "../testing/docker-own.ts";
import { type DockerRoom, openDockerRoom } from "../testing/docker-rooms.ts";

vi.setConfig({ testTimeout: 120_000 });

/** What a command may take at most that cannot reach the engine. */
const BOUNDED = 40_000;

describe.skipIf(NO_OWN_ENGINE !== "")(
  `an engine of its own ${NO_OWN_ENGINE && `(skipped: ${NO_OWN_ENGINE})`}`,
  () => {
    let engine: OwnEngine;
    let room: DockerRoom;
    beforeAll(async () => {
      await realServer();
      engine = await openOwnEngine("160m");
    });
    afterAll(() => engine?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      room = await openDockerRoom("docker-gone", engine);
    });
    afterEach(async () => {
      const left = [...(await room.leftovers()), ...(await room.remaining())];
      await room[Symbol.asyncDispose]();
      expect(left).toEqual([]);
    });

    const becomesEnded = () =>
      eventually(async () => {
        const { document } = await askStatus(room);
        return document.modes.every(({ state }: { readonly state: string }) => state === "ended");
      }, "status to say so");

    async function bounded(args: readonly string[]) {
      const begin = performance.now();
      const finished = await room.run(args);
      expect(performance.now() - begin).toBeLessThan(BOUNDED);
      return finished;
    }

    it("that restarts takes the servers with it, which status says; restart brings them back", async () => {
      const { dir } = await upDetached(room, ["open", "token"]);
      await engine.stop();
      await becomesEnded();
      await engine.start();
      expect((await room.run(["restart"])).status).toBe(0);
      expect(await clientsGetIn(dir)).toEqual([true, true]);
      await down(room);
    });

    it("that is gone for good is told by restart, and down ends all the same; up works when it is back", async () => {
      await upDetached(room, ["open"]);
      await engine.stop();
      try {
        await becomesEnded();
        const { status, stderr } = await bounded(["restart"]);
        expect({ status, stderr }).toEqual({
          status: 3,
          stderr: expect.stringContaining("Docker engine does not answer"),
        });
        const told = /^default is stopped\nthe Docker engine does not answer: .*\n$/;
        expect(await bounded(["down"])).toMatchObject({ status: 0, stderr: expect.stringMatching(told) });
        expect(await room.remaining()).toEqual([]);
        expect((await bounded(["up", "open"])).status).toBe(3);
      } finally {
        await engine.start();
      }
      await upDetached(room, ["open"]);
      await down(room);
    });

    it("that hangs does not hold up down for ever; the next command clears what it left", async () => {
      await upDetached(room, ["open"]);
      engine.signal("SIGSTOP");
      try {
        expect((await bounded(["down"])).status).toBe(0);
        expect(await room.remaining()).toEqual([]);
      } finally {
        engine.signal("SIGCONT");
      }
      expect((await room.run(["check", "open"])).status).toBe(0);
    });

    it("whose disk is full is told as that: status 3, nothing left", async () => {
      expect((await room.run(["check", "open"])).status).toBe(0); // it has the image by now
      const fill = join(engine.disk, "fill");
      for (const free of [0, 16 * 1024]) {
        const { bavail, bsize } = statfsSync(engine.disk);
        writeFileSync(fill, Buffer.alloc(Math.max(0, bavail * bsize - free)));
        const { status, stdout, stderr } = await bounded(["check", "tls"]);
        writeFileSync(fill, "");
        expect({ status, stdout, stderr }).toEqual({
          status: 3,
          stdout: "",
          stderr: expect.stringContaining("✖ the disk of the Docker engine is full"),
        });
        expect(await room.leftovers()).toEqual([]);
      }
      expect((await room.run(["check", "open"])).status).toBe(0);
    });
  },
);
