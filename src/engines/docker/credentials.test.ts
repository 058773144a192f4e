/** Logins for registries, from where `docker login` keeps them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { credentialsFor, registryOf } from "./credentials.ts";

let dir: string;
let said: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nats-sandbox-credentials-"));
  mkdirSync(join(dir, "bin"));
  said = [];
});
afterEach(() => rmSync(dir, { recursive: true }));

const HUB = "https://index.docker.io/v1/";
const IMAGE = "registry.test:5000/nats:2";
const REGISTRY = "registry.test:5000";

function find(config: object | undefined, reference = IMAGE, signal?: AbortSignal) {
  if (config !== undefined) writeFileSync(join(dir, "config.json"), JSON.stringify(config));
  const env = { DOCKER_CONFIG: dir, PATH: join(dir, "bin") };
  return credentialsFor(reference, { env, onProgress: (line) => said.push(line), signal });
}

/** A program that keeps logins; it prints `text` for the registry that it is asked for on its input. */
function putHelper(name: string, text: string): void {
  writeFileSync(join(dir, "bin", `docker-credential-${name}`), `#!/bin/sh\n${text}\n`, { mode: 0o700 });
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
/** `sh` alone, without anything on PATH. */
const ANSWER = `read registry
[ "$1" = get ] && [ "$registry" = ${REGISTRY} ] || exit 1
echo '{"ServerURL":"${REGISTRY}","Username":"ann","Secret":"from the helper"}'`;
const FROM_HELPER = { serveraddress: REGISTRY, username: "ann", password: "from the helper" };
const AUTHS = { [REGISTRY]: { auth: base64("ann:from the file") } };
const FROM_FILE = { serveraddress: REGISTRY, username: "ann", password: "from the file" };

describe("the registry of an image", () => {
  test.each([
    ["nats", HUB],
    ["nats:2.15.1", HUB],
    ["library/nats", HUB],
    ["docker.io/library/nats", HUB],
    ["index.docker.io/library/nats", HUB],
    ["registry.test/nats", "registry.test"],
    ["registry.test:5000/nats:2", REGISTRY],
    ["localhost/nats", "localhost"],
    ["[::1]:5000/nats", "[::1]:5000"],
    [`127.0.0.1:5000/nats@sha256:${"0".repeat(64)}`, "127.0.0.1:5000"],
  ])("%s is at %s", (reference, registry) => {
    expect(registryOf(reference)).toBe(registry);
  });
});

describe("a login in the file", () => {
  it("is none where there is no file, or nobody has logged in there", async () => {
    expect(await find(undefined)).toBeUndefined();
    expect(await find({ auths: AUTHS }, "other.test/nats")).toBeUndefined();
    expect(await find({ auths: { [REGISTRY]: {} } })).toBeUndefined();
    expect(said).toEqual([]);
  });

  it("is user and password; colons are the password's", async () => {
    expect(await find({ auths: AUTHS })).toEqual(FROM_FILE);
    expect(await find({ auths: { [REGISTRY]: { auth: base64("ann:a:b\0\0") } } })).toMatchObject({
      username: "ann",
      password: "a:b",
    });
  });

  it("is found under a whole URL", async () => {
    expect(await find({ auths: { [`https://${REGISTRY}/v2/`]: AUTHS[REGISTRY] } })).toEqual(FROM_FILE);
  });

  it("is Docker Hub's for an image without a registry", async () => {
    expect(await find({ auths: { [HUB]: { auth: base64("ann:x") } } }, "nats")).toEqual({
      serveraddress: HUB,
      username: "ann",
      password: "x",
    });
  });

  it("may be a token", async () => {
    const login = { auth: base64("ann:"), identitytoken: "the token" };
    expect(await find({ auths: { [REGISTRY]: login } })).toEqual({
      serveraddress: REGISTRY,
      identitytoken: "the token",
    });
  });
});

describe("a login that a program keeps", () => {
  it("is asked of credsStore, before the file", async () => {
    putHelper("store", ANSWER);
    expect(await find({ credsStore: "store", auths: AUTHS })).toEqual(FROM_HELPER);
  });

  it("is asked of the registry's own helper, before that", async () => {
    putHelper("store", "exit 1");
    putHelper("own", ANSWER);
    expect(await find({ credsStore: "store", credHelpers: { [REGISTRY]: "own" } })).toEqual(FROM_HELPER);
    expect(await find({ credsStore: "store", credHelpers: { other: "own" } })).toBeUndefined();
  });

  it("may be a token", async () => {
    putHelper("store", `echo '{"Username":"<token>","Secret":"the token"}'`);
    expect(await find({ credsStore: "store" })).toEqual({
      serveraddress: REGISTRY,
      identitytoken: "the token",
    });
  });

  it("that it does not know is looked for in the file, without a word", async () => {
    putHelper("store", "echo credentials not found in native keychain; exit 1");
    expect(await find({ credsStore: "store", auths: AUTHS })).toEqual(FROM_FILE);
    expect(said).toEqual([]);
  });

  it("is gone without, and told, where the program is missing or talks nonsense", async () => {
    expect(await find({ credsStore: "gone", auths: AUTHS })).toEqual(FROM_FILE);
    putHelper("store", "echo secret-nonsense");
    expect(await find({ credsStore: "store" })).toBeUndefined();
    expect(said).toEqual([
      expect.stringContaining("docker-credential-gone"),
      expect.stringContaining("docker-credential-store"),
    ]);
    expect(said.join()).not.toContain("secret-nonsense");
  });

  it("is not waited for any more after an abort", async () => {
    putHelper("store", "while :; do :; done");
    await expect(find({ credsStore: "store" }, IMAGE, AbortSignal.timeout(100))).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });
});
