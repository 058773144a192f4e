/** What crosses the control socket: answers, errors with their words, and what is said of an owner that does not answer. */
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SandboxError } from "../errors.ts";
import type { RunningMode } from "../running/running.ts";
import type { Sandbox } from "../sandbox.ts";
import { openState, placeOf, type SandboxPlace, type StateDir } from "../state/state.ts";
import { askLogs, askRenew, askRestart, askStatus, ownerOf } from "./ask.ts";
import { openControl } from "./control.ts";
import { connectTo, listenAt } from "./socket.ts";
import type { Status } from "./status.ts";

const STATUS = { schema: 1, name: "test" } as unknown as Status;

let home: string;
let place: SandboxPlace;
let state: StateDir;
let close: (() => void) | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "nats-sandbox-control-"));
  place = placeOf(home, "test");
  state = openState(home, "test");
});
afterEach(() => {
  close?.();
  close = undefined;
  state.release();
  rmSync(home, { recursive: true, force: true });
});

const modes = ["one", "two"].map((name) => ({ mode: { name, groups: [] }, serverNames: ["server"] }));

/** An owner whose sandbox does these. */
async function own(sandbox: Partial<Sandbox>): Promise<void> {
  const whole = {
    name: "test",
    dir: state.dir,
    running: modes as unknown as readonly RunningMode[],
    ...sandbox,
  };
  close = await openControl({ sandbox: whole as Sandbox, status: async () => STATUS, stop() {} });
}

const names = (some: readonly RunningMode[]) => some.map(({ mode }) => mode.name);

describe("an owner", () => {
  it("does for the modes named, or for all, what it is asked", async () => {
    const asked: unknown[] = [];
    await own({
      restart: async (some) => void asked.push(names(some)),
      renew: async (some) => some.slice(1),
    });
    expect(await askStatus(place)).toEqual(STATUS);
    expect(await askRestart(place, [])).toEqual(STATUS);
    await askRestart(place, ["two"]);
    expect(asked).toEqual([["one", "two"], ["two"]]);
    expect(await askRenew(place, [])).toEqual(["two"]);
  });

  it("passes on what went wrong, in the same words and with the same code", async () => {
    const error = new SandboxError("port-in-use", "port 1 is taken", {
      detail: "by init",
      fix: "stop that one",
    });
    await own({
      restart: () => Promise.reject(error),
      renew: () => Promise.reject(new Error("out of luck")),
    });
    const { code, message, detail, fix } = error;
    await expect(askRestart(place, [])).rejects.toMatchObject({ code, message, detail, fix, status: 3 });
    await expect(askRenew(place, [])).rejects.toMatchObject({
      code: "bug",
      message: expect.stringContaining("out of luck"),
    });
  });

  it("says which modes are up when it is asked for another one, and does nothing", async () => {
    await own({ restart: () => Promise.reject(new Error("not to be called")) });
    const asked = [askRestart(place, ["one", "three"]), askLogs(place, ["three"], { follow: false }).next()];
    for (const one of asked)
      await expect(one).rejects.toMatchObject({ code: "not-up", detail: expect.stringMatching(/one, two/) });
  });

  it("knows what it does not know", async () => {
    await own({});
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request({ path: "/nothing", createConnection: () => connectTo(state.dir) });
      asked
        .once("response", (response) => resolve(response.resume().statusCode))
        .once("error", reject)
        .end();
    });
    expect(answer).toBe(404);
  });
});

describe("one that does not answer", () => {
  let deaf: Server | undefined;
  afterEach(() => deaf?.close());

  it("because nobody owns the name, is not up", () => {
    state.release();
    expect(() => ownerOf(place)).toThrow(
      expect.objectContaining({ code: "not-up", message: "the sandbox test is not up" }),
    );
  });

  it("because it has not opened its socket yet, or has closed it, is starting or stopping", async () => {
    const told = {
      code: "not-up",
      detail: expect.stringMatching(/^process \d+ owns it; it is starting or stopping$/),
    };
    await expect(askStatus(place)).rejects.toMatchObject(told);
    await own({});
    close?.();
    await expect(askStatus(place)).rejects.toMatchObject(told);
  });

  it("because it ends before it has answered, is being stopped", async () => {
    await own({ restart: () => new Promise(() => setTimeout(() => close?.(), 50)) });
    await expect(askRestart(place, [])).rejects.toMatchObject({
      code: "not-up",
      message: "the sandbox test does not answer",
      detail: expect.stringContaining("it is being stopped"),
    });
  });

  it("because it hangs, is waited for a few seconds", async () => {
    deaf = createServer();
    await listenAt(deaf, state.dir);
    await expect(askStatus(place)).rejects.toMatchObject({
      code: "not-up",
      detail: expect.stringMatching(/has said nothing for \d+ s$/),
      fix: expect.stringContaining("nats-sandbox down"),
    });
  });
});
