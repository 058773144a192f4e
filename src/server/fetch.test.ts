import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FetchOptions, fetchServer } from "./find.ts";
import { archiveStem } from "./release.ts";

const VERSION = "2.99.1";
const STEM = archiveStem(VERSION);
const TAR = `/v${VERSION}/${STEM}.tar.gz`;
const SUMS = `/v${VERSION}/SHA256SUMS`;
const SCRIPT = `#!/bin/sh\necho "nats-server: v${VERSION}"\n`;

// ---- a mirror with the layout of the official releases ----------------------------------------------------------

type Answer = Uint8Array | string | ((response: ServerResponse) => void);

let mirror: Server;
let url: string;
let answers: Map<string, Answer>;
let asked: string[];
let cache: string;
let progress: string[];

beforeEach(async () => {
  answers = new Map();
  asked = [];
  progress = [];
  cache = await mkdtemp(join(tmpdir(), "fetch-"));
  mirror = createServer((request, response) => {
    asked.push(request.url ?? "");
    mirror.emit("asked", request.url);
    const answer = answers.get(request.url ?? "");
    if (typeof answer === "function") answer(response);
    else response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await once(mirror.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
});

afterEach(async () => {
  mirror.closeAllConnections();
  mirror.close();
  await rm(cache, { recursive: true, force: true });
});

async function tarGz(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name, mode: 0o755 }, content);
  archive.finalize();
  return gzipSync(await buffer(archive));
}

function goodArchive(script = SCRIPT): Promise<Buffer> {
  return tarGz({ [`${STEM}/LICENSE`]: "x", [`${STEM}/README.md`]: "x", [`${STEM}/nats-server`]: script });
}

function publish(archive: Uint8Array, path = TAR, sums = sumsOf(archive, path)): void {
  answers.set(path, archive).set(SUMS, sums);
}

function sumsOf(archive: Uint8Array, path: string): string {
  const sha256 = createHash("sha256").update(archive).digest("hex");
  return `${"0".repeat(64)}  nats-server-v${VERSION}-amd64.deb\n${sha256}  ${path.split("/").at(-1)}\n`;
}

/** No package manager is on this PATH, so the mirror is the only source. */
function env(): NodeJS.ProcessEnv {
  return { PATH: "/no/such/directory", HOME: cache, NATS_SANDBOX_CACHE: cache, NATS_SANDBOX_RELEASES: url };
}

function fetchIt(more: FetchOptions = {}): ReturnType<typeof fetchServer> {
  return fetchServer(VERSION, {
    env: env(),
    limits: { connect: 1000, stall: 400 },
    onProgress: (line) => progress.push(line),
    ...more,
  });
}

const kept = () => readdir(join(cache, "servers"));

// ---- tests ------------------------------------------------------------------------------------------------------

it("gives the server of the archive, keeps it, and does not ask again", async () => {
  publish(await goodArchive());
  const server = await fetchIt();
  const path = join(cache, "servers", VERSION, "nats-server");
  expect(server).toEqual({ path, version: VERSION, source: "the mirror in NATS_SANDBOX_RELEASES" });
  expect(await readFile(path, "utf8")).toBe(SCRIPT);
  expect(asked).toEqual([SUMS, TAR]);
  expect(progress).toEqual([`trying the release archive of ${VERSION} at ${url}`]);

  expect((await fetchIt()).source).toBe("cache (the mirror in NATS_SANDBOX_RELEASES)");
  expect((await fetchIt({ offline: true })).path).toBe(path);
  expect(asked).toHaveLength(2);
  expect(await kept()).toEqual([VERSION]);
  for (const directory of ["servers", `servers/${VERSION}`]) {
    expect((await stat(join(cache, directory))).mode & 0o777).toBe(0o700);
  }
});

it("reads the zip archive of a release that has no tar.gz", async () => {
  publish(zipSync({ [`${STEM}/nats-server`]: strToU8(SCRIPT) }), `/v${VERSION}/${STEM}.zip`);
  expect(await fetchIt()).toMatchObject({ version: VERSION });
});

it("writes nothing but the server, whatever an archive names", async () => {
  const evil = { "../evil": "x", "/tmp/evil": "x", [`${STEM}/../../evil`]: "x" };
  publish(await tarGz({ ...evil, [`${STEM}/nats-server`]: SCRIPT }));
  await fetchIt();
  const files = (await readdir(cache, { recursive: true })).sort();
  const here = `servers/${VERSION}`;
  expect(files).toEqual(["servers", here, `${here}/nats-server`, `${here}/source.json`]);
});

describe("keeps nothing and says why when", () => {
  const cases: readonly (readonly [string, () => void | Promise<void>, RegExp])[] = [
    ["there is no such release", () => {}, /HTTP 404 for .*SHA256SUMS/],
    [
      "the archive is not the one of SHA256SUMS",
      async () => publish(await goodArchive(), TAR, sumsOf(Buffer.from("other"), TAR)),
      /has sha256 [0-9a-f]{64}, and SHA256SUMS says/,
    ],
    [
      "SHA256SUMS does not list the archive",
      async () => publish(await goodArchive(), TAR, sumsOf(await goodArchive(), "/other.tar.gz")),
      /SHA256SUMS lists neither/,
    ],
    [
      "the archive is cut short",
      async () => publish((await goodArchive()).subarray(0, 90)),
      /unexpected end/,
    ],
    [
      "the archive lacks the server",
      async () => publish(await tarGz({ "../evil": SCRIPT })),
      /holds no nats-server-v/,
    ],
    [
      "the server is older",
      async () => publish(await goodArchive(SCRIPT.replace("2.99", "2.9"))),
      /is version 2\.9\.1/,
    ],
    ["the server does not run", async () => publish(await goodArchive("#!/no/such/shell\n")), /ENOENT/],
    [
      "the mirror falls silent",
      async () => {
        publish(await goodArchive());
        answers.set(TAR, (response) => response.writeHead(200, { "content-length": 1000 }).write("x"));
      },
      /nothing came for 0\.4 s/,
    ],
    ["nothing listens", () => void mirror.close(), /ECONNREFUSED/],
  ];

  it.each(cases)("%s", async (_, prepare, why) => {
    await prepare();
    await expect(fetchIt()).rejects.toMatchObject({
      code: "server-not-found",
      status: 3,
      detail: expect.stringMatching(why),
      fix: expect.stringContaining("--server"),
    });
    expect(progress.join("\n")).toMatch(why);
    expect(await kept()).toEqual([]);
  });
});

it("names every source that was tried in the error", async () => {
  const failure = await fetchIt().catch((error: unknown) => error);
  expect((failure as { detail: string }).detail.split("\n")).toEqual([
    expect.stringContaining("the release archive"),
    expect.stringMatching(/pip wheel.*this machine has no pip/),
    expect.stringMatching(/apt.*this machine has no apt-cache/),
    expect.stringMatching(/go install.*this machine has no go/),
  ]);
});

it("tells no password in the mirror's URL, and hints at a proxy that fetch does not use", async () => {
  const secretive = {
    ...env(),
    NATS_SANDBOX_RELEASES: url.replace("//", "//me:s3cr3t@"),
    HTTPS_PROXY: "http://p",
  };
  const failure = await fetchIt({ env: secretive }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "server-not-found", fix: expect.stringContaining("HTTPS_PROXY") });
  expect(JSON.stringify([failure, progress])).not.toContain("s3cr3t");
});

it("gives up when the whole fetch takes too long", async () => {
  publish(await goodArchive());
  answers.set(TAR, (response) => {
    const drip = setInterval(() => response.write("x"), 50);
    response.once("close", () => clearInterval(drip));
  });
  await expect(fetchIt({ limits: { whole: 600 } })).rejects.toMatchObject({ code: "server-not-found" });
  expect(await kept()).toEqual([]);
});

it("leaves nothing when it is aborted half-way", async () => {
  publish(await goodArchive());
  answers.set(TAR, (response) => response.writeHead(200, { "content-length": 1000 }).write("x"));
  const stop = new AbortController();
  mirror.on("asked", (path) => path === TAR && setTimeout(() => stop.abort(), 50));
  await expect(fetchIt({ signal: stop.signal })).rejects.toMatchObject({ code: "aborted", status: 3 });
  expect(await kept()).toEqual([]);
});

it("does not fetch what is too old to be fetched", async () => {
  await expect(fetchServer("1.4.1", { env: env() })).rejects.toMatchObject({
    code: "invalid-server",
    status: 2,
  });
});

it.each([
  ["it is a file", () => writeFile(join(cache, "cache"), "")],
  [
    "nothing can be made in it",
    () => mkdir(join(cache, "cache")).then(() => symlink("/proc", join(cache, "cache/servers"))),
  ],
])("says that the cache cannot be written when %s", async (_, spoil) => {
  await spoil();
  await expect(
    fetchIt({ env: { ...env(), NATS_SANDBOX_CACHE: join(cache, "cache") } }),
  ).rejects.toMatchObject({
    code: "state-unusable",
    status: 3,
    message: expect.stringContaining(join(cache, "cache")),
    fix: expect.stringContaining("NATS_SANDBOX_CACHE"),
  });
});

it("replaces a cached server that does not run", async () => {
  publish(await goodArchive());
  const { path } = await fetchIt();
  await writeFile(path, "half of it");
  expect((await fetchIt()).path).toBe(path);
  expect(await readFile(path, "utf8")).toBe(SCRIPT);
});
