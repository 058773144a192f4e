/** Which image servers run, from a real registry that wants a login, and what is told when it is not to be had. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { findServer } from "../../server/find.ts";
import { openRoom, realServer } from "../../testing/cli-room.ts";
import { connectTestDocker, DOCKER_ENV, NO_DOCKER, testImage } from "../../testing/docker-lab.ts";
import { forget, LOGIN, NO_REGISTRY, type Registry, startRegistry } from "../../testing/docker-registry.ts";
import { openEngineRelay } from "../../testing/docker-relay.ts";
import { hasImage, imageOfBinary } from "./build.ts";
import { type ImageOptions, obtainImage } from "./image.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const NOWHERE = "nats-sandbox-test.invalid/nats:2";

let dir: string;
let docker: Docker;
let platform: string;
let id: string;
let said: string[] = [];
beforeAll(async () => {
  if (NO_DOCKER !== "") return;
  dir = mkdtempSync(join(tmpdir(), "nats-sandbox-image-"));
  ({ docker, platform } = await connectTestDocker());
  ({ id } = await testImage(docker, platform));
});
afterAll(() => dir && rmSync(dir, { recursive: true }));
afterEach(() => {
  said = [];
});

/** With a Docker config of its own, and only these programs on PATH. */
function obtain(options: Partial<ImageOptions>, config: object = {}) {
  const own = mkdtempSync(join(dir, "config-"));
  writeFileSync(join(own, "config.json"), JSON.stringify(config));
  const env = { HOME: own, DOCKER_CONFIG: own, PATH: join(dir, "bin"), ...options.env };
  return obtainImage(docker, { platform, onProgress: (line) => said.push(line), ...options, env });
}

describe.skipIf((NO_DOCKER || NO_REGISTRY) !== "")(`a registry ${NO_DOCKER || NO_REGISTRY}`, () => {
  let registry: Registry;
  let digest: string;
  beforeAll(async () => {
    registry = await startRegistry(join(dir, "registry"));
    digest = await registry.push(docker, id, "nats", "2");
    await registry.push(docker, id, "nats", "latest");
  });
  afterAll(() => registry?.stop());
  afterEach(() =>
    forget(docker, ...[":2", ":latest", `@${digest}`].map((end) => `${registry.host}/nats${end}`)),
  );

  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64");
  const loggedIn = () => ({ auths: { [registry.host]: { auth } } });

  it("gives an image to who has logged in, and says that it is pulled", async () => {
    const image = `${registry.host}/nats:2`;
    expect(await obtain({ image }, loggedIn())).toEqual({ name: image, id });
    expect(said[0]).toBe(`pulling ${image}`);
  });

  it("is asked once: what the engine has is not pulled again, but with `always`", async () => {
    const image = `${registry.host}/nats:2`;
    await obtain({ image }, loggedIn());
    said = [];
    for (const pull of ["missing", "never"] as const) expect((await obtain({ image, pull })).id).toBe(id);
    expect((await obtain({ image, pull: "always", offline: true })).id).toBe(id);
    expect(said).toEqual([]);
    await expect(obtain({ image, pull: "always" })).rejects.toMatchObject({ code: "image-unavailable" });
    expect((await obtain({ image, pull: "always" }, loggedIn())).id).toBe(id);
  });

  it("gives an image by its digest", async () => {
    const image = `${registry.host}/nats@${digest}`;
    expect(await obtain({ image }, loggedIn())).toEqual({ name: image, id });
  });

  it("is asked for `latest`, and for nothing else, where no tag is named", async () => {
    await obtain({ image: `${registry.host}/nats` }, loggedIn());
    expect(await hasImage(docker, `${registry.host}/nats:latest`)).toBe(true);
    expect(await hasImage(docker, `${registry.host}/nats:2`)).toBe(false);
  });

  it("believes a login that a program keeps", async () => {
    mkdirSync(join(dir, "bin"), { recursive: true });
    const said = JSON.stringify({ Username: LOGIN.username, Secret: LOGIN.password });
    writeFileSync(join(dir, "bin/docker-credential-tests"), `#!/bin/sh\necho '${said}'\n`, { mode: 0o755 });
    const config = { credHelpers: { [registry.host]: "tests" } };
    expect((await obtain({ image: `${registry.host}/nats:2` }, config)).id).toBe(id);
  });

  it("that wants a login is told as that, with the command for it", async () => {
    const image = `${registry.host}/nats:2`;
    const wrong = { auths: { [registry.host]: { auth: Buffer.from("ann:wrong-1").toString("base64") } } };
    for (const config of [{}, wrong])
      await expect(obtain({ image }, config)).rejects.toMatchObject({
        code: "image-unavailable",
        message: `the image ${image} is not to be had`,
        fix: expect.stringContaining(`docker login ${registry.host}`),
      });
    expect(said.join()).not.toContain("wrong-1");
  });

  it.each(["nats:none", "nothing:2"])("that has no %s is told as that", async (name) => {
    await expect(obtain({ image: `${registry.host}/${name}` }, loggedIn())).rejects.toMatchObject({
      code: "image-unavailable",
      fix: "see whether name and tag are right",
    });
  });

  it("that is down is told as that", async () => {
    const other = await startRegistry(join(dir, "down"));
    await other.stop();
    await expect(obtain({ image: `${other.host}/nats:2` })).rejects.toMatchObject({
      code: "image-unavailable",
      detail: expect.stringMatching(/connection refused/),
      fix: expect.stringContaining(`reaches the registry ${other.host}`),
    });
  });
});

describe.skipIf(NO_DOCKER !== "")(`the image ${NO_DOCKER}`, () => {
  it("is not pulled with `never` or offline, which is told", async () => {
    for (const [more, why] of [
      [{ pull: "never" }, "--pull never"],
      [{ offline: true }, "offline"],
    ] as const)
      await expect(obtain({ image: NOWHERE, ...more })).rejects.toMatchObject({
        code: "image-unavailable",
        detail: `the engine does not have it, and nothing is pulled: ${why}`,
      });
    expect(said).toEqual([]);
  });

  it.each(["", "Nats server", "nats:2 --privileged", "../nats", "nats@sha256:12"])(
    "cannot be called %j",
    async (image) => {
      await expect(obtain({ image })).rejects.toMatchObject({ code: "invalid-server" });
    },
  );

  it("may be an id", async () => {
    expect((await obtain({ image: id })).id).toBe(id);
    await expect(obtain({ image: `sha256:${"0".repeat(64)}` })).rejects.toMatchObject({
      code: "image-unavailable",
    });
  });

  it("is the official one of the version asked for, where the engine has that", async () => {
    const official = { repo: "nats", tag: "2.998.0" };
    await docker.getImage(id).tag(official);
    try {
      expect(await obtain({ server: "2.998.0" })).toEqual({ name: "nats:2.998.0", id });
      expect(said).toEqual([]);
    } finally {
      await forget(docker, "nats:2.998.0");
    }
  });

  it("else is built out of a binary of this machine, which takes a line", async () => {
    const { path, version } = await realServer();
    if (await hasImage(docker, `nats:${version}`))
      return expect((await obtain({ server: version })).name).toBe(`nats:${version}`);
    const bin = mkdtempSync(join(dir, "bin-"));
    symlinkSync(path, join(bin, "nats-server"));
    const found = await obtain({ server: version, pull: "never", env: { PATH: bin } });
    expect(found.id).toBe(id);
    expect(said).toEqual([
      `the image nats:${version} is not to be had: its place takes one built from ${join(bin, "nats-server")}`,
    ]);
  });

  it("that is neither to be had nor to be built is told with both reasons", async () => {
    await expect(obtain({ server: "2.997.0", offline: true })).rejects.toMatchObject({
      code: "image-unavailable",
      message: "the image nats:2.997.0 is not to be had",
      detail: expect.stringMatching(
        /nothing is pulled: offline\nand none could be built: there is no nats-server/,
      ),
    });
  });

  it("of a binary is built once", async () => {
    const { path } = await realServer();
    expect((await obtain({ server: path })).id).toBe(id);
    expect(said).toEqual([]);
  });

  it("cannot be built out of a binary for another platform", async () => {
    const binary = await findServer({ want: (await realServer()).path });
    const other = platform.endsWith("arm64") ? "linux/amd64" : "linux/arm64";
    await expect(
      imageOfBinary(docker, binary, { platform: other, env: {}, onProgress: () => {} }),
    ).rejects.toMatchObject({ code: "server-broken", detail: `the engine runs ${other}` });
  });

  it("is not waited for after a Ctrl-C, and nothing is left", async () => {
    await using registry = await openEngineRelay({}); // takes connections and says nothing
    await using room = await openRoom("pull");
    const image = `${registry.url.replace("tcp://", "")}/nats:2`;
    const args = ["check", "open", "--engine", "docker", "--image", image];
    const check = room.start(args, { env: DOCKER_ENV });
    await check.says(/pulling/);
    await vi.waitFor(() => expect(registry.connections()).toBeGreaterThan(0));
    expect((await check.end("SIGINT")).status).toBe(130);
    expect(room.left()).toEqual([]);
  });
});
