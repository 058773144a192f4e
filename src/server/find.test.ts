import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_VERSION, type FindOptions, findServer, listServers } from "./find.ts";
import { isPinned } from "./wheel.ts";

let home: string;
let progress: string[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "find-"));
  progress = [];
});
afterEach(() => rm(home, { recursive: true }));

/** A program at a path below home that says it is this version. */
async function fake(path: string, version: string): Promise<string> {
  return script(path, `echo "nats-server: v${version}"`);
}

async function script(path: string, body: string): Promise<string> {
  const file = join(home, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o700);
  return file;
}

function options(env: NodeJS.ProcessEnv = {}, want?: string): FindOptions {
  return {
    want,
    env: { HOME: home, PATH: `${home}/bin1:${home}/bin2`, ...env },
    offline: true,
    onProgress: (line) => progress.push(line),
  };
}

const inCache = (version: string) => `.cache/nats-sandbox/servers/${version}/nats-server`;

describe("the chain", () => {
  it("goes from what is wanted to NATS_SANDBOX_SERVER, PATH and the cache", async () => {
    const wanted = await fake("wanted", "2.10.1");
    const other = await fake("other", "2.10.2");
    const onPath = await fake("bin2/nats-server", "2.10.3");
    const cached = await fake(inCache(DEFAULT_VERSION), DEFAULT_VERSION);
    const env = { NATS_SANDBOX_SERVER: other };

    const byWant = await findServer(options(env, wanted));
    expect(byWant).toEqual({ path: wanted, version: "2.10.1", source: "--server" });
    const byEnv = await findServer(options(env));
    expect(byEnv).toEqual({ path: other, version: "2.10.2", source: "NATS_SANDBOX_SERVER" });
    const byPath = await findServer(options({ NATS_SANDBOX_SERVER: "" }));
    expect(byPath).toEqual({ path: onPath, version: "2.10.3", source: "PATH" });
    const byCache = await findServer(options({ PATH: "" }));
    expect(byCache).toEqual({ path: cached, version: DEFAULT_VERSION, source: "cache (of unknown origin)" });
  });

  it("takes nats-server before gnatsd, wherever on PATH they are", async () => {
    const old = await script("bin1/gnatsd", 'echo "nats-server version 1.4.1"');
    expect(await findServer(options())).toMatchObject({ path: old, version: "1.4.1" });
    await fake("bin2/nats-server", "2.10.3");
    expect(await findServer(options())).toMatchObject({ version: "2.10.3" });
  });

  it("passes over a broken one on PATH and says so", async () => {
    const broken = await script("bin1/nats-server", "exit 1");
    await fake("bin2/nats-server", "2.10.3");
    expect(await findServer(options())).toMatchObject({ version: "2.10.3" });
    expect(progress).toEqual([expect.stringContaining(broken)]);
  });

  it("runs nothing out of the working directory through a relative entry of PATH", async () => {
    await fake("bin1/nats-server", "2.10.3");
    const before = process.cwd();
    process.chdir(home);
    try {
      await expect(findServer(options({ PATH: "bin1::." }))).rejects.toMatchObject({
        code: "server-not-found",
      });
    } finally {
      process.chdir(before);
    }
  });
});

describe("a version that is wanted", () => {
  it.each(["2.10.3", "v2.10.3"])("%s comes from PATH when it is there", async (want) => {
    await fake("bin1/nats-server", "2.9.10");
    const path = await fake("bin2/nats-server", "2.10.3");
    expect(await findServer(options({}, want))).toMatchObject({ path, source: "PATH" });
  });

  it("comes from the cache when PATH has another, in NATS_SANDBOX_SERVER as well", async () => {
    await fake("bin1/nats-server", "2.9.10");
    const path = await fake(inCache("2.10.4"), "2.10.4");
    expect(await findServer(options({ NATS_SANDBOX_SERVER: "2.10.4" }))).toMatchObject({ path });
  });

  it("is not found offline when it is nowhere, and the error says what to do", async () => {
    await fake("bin1/nats-server", "2.9.10");
    await expect(findServer(options({}, "2.10.4"))).rejects.toMatchObject({
      code: "server-not-found",
      status: 3,
      detail: expect.stringContaining("offline"),
      fix: expect.stringMatching(/NATS_SANDBOX_SERVER.*server fetch/),
    });
  });
});

describe("what is explicit is never passed over", () => {
  it.each([
    ["no such file", "/no/such/file", "invalid-server", 2],
    ["no version", "latest", "invalid-server", 2],
    ["half a version", "2.10", "invalid-server", 2],
    ["a version that would climb", "2.10.0-../../x", "invalid-server", 2],
    ["nothing", "", "invalid-server", 2],
    ["not a nats-server", "/bin/sh", "server-broken", 3],
  ])("%s is an error", async (_, want, code, status) => {
    await fake("bin1/nats-server", "2.10.3");
    await expect(findServer(options({}, want))).rejects.toMatchObject({ code, status });
    if (want === "") return;
    await expect(findServer(options({ NATS_SANDBOX_SERVER: want }))).rejects.toMatchObject({ code, status });
  });
});

describe("the cache", () => {
  it("is moved by NATS_SANDBOX_CACHE, then by an absolute XDG_CACHE_HOME", async () => {
    await fake(`moved/servers/${DEFAULT_VERSION}/nats-server`, DEFAULT_VERSION);
    await fake(`xdg/nats-sandbox/servers/${DEFAULT_VERSION}/nats-server`, DEFAULT_VERSION);
    const xdg = { XDG_CACHE_HOME: join(home, "xdg") };
    const moved = { ...xdg, NATS_SANDBOX_CACHE: join(home, "moved") };
    expect((await findServer(options(moved))).path).toContain("/moved/");
    expect((await findServer(options(xdg))).path).toContain("/xdg/");
    await fake(inCache(DEFAULT_VERSION), DEFAULT_VERSION);
    expect((await findServer(options({ XDG_CACHE_HOME: "xdg" }))).path).toContain("/.cache/");
  });

  it("gives the default version before newer ones, and the newest one rather than none", async () => {
    await fake(inCache("2.9.10"), "2.9.10");
    await fake(inCache("2.99.0"), "2.99.0");
    expect(await findServer(options())).toMatchObject({ version: "2.99.0" });
    expect(progress).toEqual([`using nats-server 2.99.0 from the cache in place of ${DEFAULT_VERSION}`]);
    await fake(inCache(DEFAULT_VERSION), DEFAULT_VERSION);
    expect(await findServer(options())).toMatchObject({ version: DEFAULT_VERSION });
  });

  it("leaves aside what does not run or is another version, and says so", async () => {
    await script(inCache(DEFAULT_VERSION), "exit 1");
    await expect(findServer(options())).rejects.toMatchObject({ code: "server-not-found" });
    await fake(inCache(DEFAULT_VERSION), "2.9.10");
    await expect(findServer(options())).rejects.toMatchObject({ code: "server-not-found" });
    expect(progress).toEqual([
      expect.stringMatching(/left aside: .*printed nothing/),
      expect.stringMatching(/left aside: .*is version 2\.9\.10/),
    ]);
  });
});

it("lists what is here: NATS_SANDBOX_SERVER, all on PATH, all in the cache, newest first", async () => {
  const mine = await fake("mine", "2.10.1");
  await script("bin1/nats-server", "exit 1");
  await fake("bin2/nats-server", "2.10.3");
  await script("bin2/gnatsd", 'echo "nats-server version 1.4.1"');
  await fake(inCache("2.9.10"), "2.9.10");
  await fake(inCache("2.15.0"), "2.15.0");
  const servers = await listServers(options({ NATS_SANDBOX_SERVER: mine }));
  expect(servers.map(({ version }) => version)).toEqual(["2.10.1", "2.10.3", "1.4.1", "2.15.0", "2.9.10"]);
  expect(servers.slice(0, 2).map(({ source }) => source)).toEqual(["NATS_SANDBOX_SERVER", "PATH"]);

  await expect(listServers(options({ NATS_SANDBOX_SERVER: "latest" }))).resolves.toHaveLength(4);
  expect(progress.join("\n")).toContain("NATS_SANDBOX_SERVER is of no use");
});

it("ends as aborted when the signal says so", async () => {
  await script("bin1/nats-server", "/bin/sleep 60");
  const search = findServer({ ...options(), signal: AbortSignal.timeout(100) });
  await expect(search).rejects.toMatchObject({ code: "aborted", status: 3 });
});

it("lets an error that is none of its own through as it is", async () => {
  await script("bin1/nats-server", "exit 1");
  const onProgress = () => {
    throw new TypeError("a bug of the caller");
  };
  await expect(findServer({ ...options(), onProgress })).rejects.toThrow(TypeError);
});

it("fetches by default a version whose wheels are pinned", () => {
  expect(isPinned(DEFAULT_VERSION)).toBe(true);
});
