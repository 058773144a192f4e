import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";
import { afterEach, beforeEach, expect, it } from "vitest";
import { archiveStem } from "./release.ts";

const VERSION = "2.99.1";
const STEM = archiveStem(VERSION);
const ARCHIVE = zipSync({ [`${STEM}/nats-server`]: strToU8(`#!/bin/sh\necho "nats-server: v${VERSION}"\n`) });
const SUMS = `${createHash("sha256").update(ARCHIVE).digest("hex")}  ${STEM}.zip\n`;

let mirror: Server;
let giveArchive: (response: ServerResponse) => void;
let archivesAsked: number;
let cache: string;

beforeEach(async () => {
  archivesAsked = 0;
  cache = await mkdtemp(join(tmpdir(), "fetch-"));
  mirror = createServer((request, response) => {
    if (request.url?.endsWith("/SHA256SUMS")) return void response.end(SUMS);
    archivesAsked++;
    mirror.emit("archive");
    giveArchive(response);
  });
  await once(mirror.listen(0, "127.0.0.1"), "listening");
});

afterEach(async () => {
  mirror.closeAllConnections();
  mirror.close();
  await rm(cache, { recursive: true });
});

const kept = () => readdir(join(cache, "servers"));
const path = () => join(cache, "servers", VERSION, "nats-server");

/** Fetches in another process, which prints the path it got. Runs what `npm run build` made. */
function fetchElsewhere(): ChildProcessByStdio<null, Readable, Readable> {
  const module = fileURLToPath(new URL("../../dist/server/find.js", import.meta.url));
  const program = `
    const { fetchServer } = await import(${JSON.stringify(module)});
    const server = await fetchServer("${VERSION}", { onProgress: (line) => console.error(line) });
    console.log(server.path);`;
  const url = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
  return spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { PATH: "/no/such/directory", NATS_SANDBOX_CACHE: cache, NATS_SANDBOX_RELEASES: url },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

it("fetches once for two processes at the same time", async () => {
  giveArchive = (response) => void setTimeout(() => response.end(ARCHIVE), 700);
  const children = [fetchElsewhere(), fetchElsewhere()];
  const printed = await Promise.all(
    children.map(({ stdout, stderr }) => Promise.all([text(stdout), text(stderr)])),
  );
  expect(printed.map(([stdout]) => stdout)).toEqual([`${path()}\n`, `${path()}\n`]);
  expect(archivesAsked).toBe(1);
  expect(printed.filter(([, told]) => /waiting for process \d+, which is fetching/.test(told))).toHaveLength(
    1,
  );
});

it("is not hurt by a fetch that was killed, and cleans up after it", async () => {
  giveArchive = () => {};
  const killed = fetchElsewhere();
  const ended = text(killed.stderr).then((told) => Promise.reject(new Error(`it ended by itself: ${told}`)));
  await Promise.race([once(mirror, "archive"), ended]);
  ended.catch(() => {});
  killed.kill("SIGKILL");
  await once(killed, "exit");
  expect(await kept()).toEqual([expect.stringContaining(VERSION), expect.stringContaining(VERSION)]);

  giveArchive = (response) => void response.end(ARCHIVE);
  expect(await text(fetchElsewhere().stdout)).toBe(`${path()}\n`);
  expect(await kept()).toEqual([VERSION]);
});
