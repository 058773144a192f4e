/** How a pull is told and given up, with an engine that says what the test wants. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SandboxError } from "../../errors.ts";
import { obtainImage } from "./image.ts";
import { pullImage } from "./pull.ts";

const MIB = 1024 * 1024;

let dir: string;
let docker: Docker;
let engine: Server;
let asked: string[];
let answer: (response: ServerResponse) => void;
let said: string[];
/** Pulls of which the client has gone before their end. */
let givenUp: number;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "nats-sandbox-pull-"));
  const socketPath = join(dir, "engine.sock");
  [asked, said, givenUp] = [[], [], 0];
  engine = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.on("close", () => {
      if (!response.writableFinished) givenUp += 1;
    });
    if (request.method === "POST") return answer(response);
    response.writeHead(404).end('{"message":"no such image"}');
  });
  engine.listen(socketPath);
  await once(engine, "listening");
  docker = new Docker({ socketPath });
});
afterEach(() => {
  engine.close();
  engine.closeAllConnections();
  rmSync(dir, { recursive: true });
});

const options = (more: object = {}) => ({
  env: { HOME: dir },
  onProgress: (line: string) => said.push(line),
  ...more,
});

const tell = (...events: readonly object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join("");

describe("a pull", () => {
  it("is of one tag, and over when the engine says no more", async () => {
    answer = (response) => response.end(tell({ status: "Pulling from library/nats", id: "2" }));
    await pullImage(docker, "nats:2", options());
    expect(asked).toEqual([expect.stringMatching(/^POST \/images\/create\?fromImage=nats&tag=2(&|$)/)]);
    expect(said).toEqual(["pulling nats:2"]);
  });

  it("tells how far it is, over all layers, and not at every event", async () => {
    const layer = (id: string, current: number) => ({
      status: "Downloading",
      id,
      progressDetail: { current: current * MIB, total: 10 * MIB },
    });
    const unpacking = { status: "Extracting", id: "a", progressDetail: { current: 1, total: 2 } };
    answer = (response) => {
      response.write(tell(layer("a", 1), layer("b", 2)));
      setTimeout(() => response.end(tell(unpacking, layer("a", 4))), 1_500);
    };
    await pullImage(docker, "nats:2", options());
    expect(said.at(-1)).toBe("pulling nats:2: 6.0 of 20.0 MiB");
    expect(said.length).toBeLessThan(4);
  });

  it("fails as its engine says in the middle of it, wherever the answer is cut into pieces", async () => {
    const text = Buffer.from(tell({ status: "Pulling" }, { error: "toomanyrequests: ünlimited" }));
    const cut = text.indexOf(Buffer.from("ü")) + 1; // between the two bytes of the letter
    answer = (response) => {
      response.write(text.subarray(0, cut));
      setTimeout(() => response.end(text.subarray(cut)), 50);
    };
    await expect(pullImage(docker, "nats:2", options())).rejects.toThrow("toomanyrequests: ünlimited");
  });

  it("is given up when its registry says nothing, by the engine too", async () => {
    answer = () => {};
    const pulling = pullImage(docker, "nats:2", options({ patience: 100 }));
    await expect(pulling).rejects.toThrow("its registry gave no answer in 0.1 s");
    await vi.waitFor(() => expect(givenUp).toBe(1));
  });

  it("goes on when its registry has said something, however long it takes then", async () => {
    answer = (response) => {
      response.write(tell({ status: "Pulling" }));
      setTimeout(() => response.end(), 3_000);
    };
    await pullImage(docker, "nats:2", options({ patience: 2_000 }));
  });

  it("ends with an abort, by the engine too", async () => {
    const abort = new AbortController();
    answer = (response) => {
      response.write(tell({ status: "Pulling" }));
      setTimeout(() => abort.abort(new Error("Ctrl-C")), 50);
    };
    await expect(pullImage(docker, "nats:2", options({ signal: abort.signal }))).rejects.toThrow("Ctrl-C");
    await vi.waitFor(() => expect(givenUp).toBe(1));
  });

  it("of the official image, which nobody named, is not waited for as long as one that somebody did", async () => {
    answer = () => {};
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const common = { ...options(), platform: "linux/amd64", build: false };
      const official = obtainImage(docker, { ...common, server: "2.998.0" });
      const own = obtainImage(docker, { ...common, image: "other:2" });
      const ends = [official, own].map((one) => one.catch((error: SandboxError) => error.detail));
      while (asked.filter((one) => one.startsWith("POST")).length < 2) await new Promise(setImmediate);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await ends[0]).toContain("no answer in 10 s");
      await vi.advanceTimersByTimeAsync(35_000);
      expect(await ends[1]).toContain("no answer in 45 s");
    } finally {
      vi.useRealTimers();
    }
  });
});
