/** Which engine is used, what is told when none answers, and how soon. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test, vi } from "vitest";
import { SandboxError } from "../../errors.ts";
import { DOCKER_ENV, NO_DOCKER } from "../../testing/docker-lab.ts";
import { type EngineFiles, engineFiles, openEngineRelay } from "../../testing/docker-relay.ts";
import { connectDocker, connectFirst } from "./connect.ts";

vi.setConfig({ testTimeout: 30_000 });

const SOCKET = DOCKER_ENV.DOCKER_HOST.replace(/^unix:\/\//, "");
const NO_SOCKET = NO_DOCKER || (SOCKET.startsWith("/") ? "" : "the engine has no socket here");

let dir: string;
let home: string;
let count = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nats-sandbox-connect-"));
});
afterAll(() => rmSync(dir, { recursive: true }));
beforeEach(() => {
  count += 1;
  home = join(dir, `home-${count}`);
  mkdirSync(join(home, "bin"), { recursive: true });
});

const envOf = (more: NodeJS.ProcessEnv = {}) => ({ HOME: home, PATH: join(home, "bin"), ...more });

async function errorOf(connecting: Promise<unknown>): Promise<SandboxError> {
  const error = await connecting.then(
    () => new Error("it connected"),
    (reason: unknown) => reason,
  );
  if (error instanceof SandboxError) return error;
  throw error;
}

function putContext(name: string, docker: object, tls: Readonly<Record<string, string>> = {}): void {
  const id = createHash("sha256").update(name).digest("hex");
  const store = join(home, ".docker/contexts");
  mkdirSync(join(store, "meta", id), { recursive: true });
  writeFileSync(join(store, "meta", id, "meta.json"), JSON.stringify({ Name: name, Endpoints: { docker } }));
  mkdirSync(join(store, "tls", id, "docker"), { recursive: true });
  for (const [file, text] of Object.entries(tls)) writeFileSync(join(store, "tls", id, "docker", file), text);
}

describe.skipIf(NO_SOCKET !== "")(`an engine behind a socket ${NO_SOCKET}`, () => {
  const LOOPBACK = { address: "127.0.0.1", host: "127.0.0.1" };

  it("is found by DOCKER_HOST, and published on this machine's loopback", async () => {
    const found = await connectDocker(envOf(DOCKER_ENV));
    expect(found).toMatchObject({ endpoint: { source: "DOCKER_HOST" }, publish: LOOPBACK });
    expect(found.version).toMatch(/^\d+\.\d+/);
    expect(found.platform).toMatch(/^linux\//);
  });

  it("is found by a context", async () => {
    putContext("here", { Host: DOCKER_ENV.DOCKER_HOST });
    const { endpoint } = await connectDocker(envOf({ DOCKER_CONTEXT: "here" }));
    expect(endpoint.source).toBe('the Docker context "here"');
  });

  it("is found after places where nobody answers", async () => {
    const places = [
      { source: "Nobody", url: `unix://${home}/nobody.sock` },
      { source: "Docker", url: DOCKER_ENV.DOCKER_HOST },
    ];
    expect((await connectFirst(places, envOf())).endpoint).toBe(places[1]);
  });

  it("is found at a TCP address, of loopback or of a name for that", async () => {
    await using relay = await openEngineRelay({ socketPath: SOCKET });
    for (const url of [relay.url, relay.url.replace("127.0.0.1", "localhost")])
      expect(await connectDocker(envOf({ DOCKER_HOST: url }))).toMatchObject({
        endpoint: { url },
        publish: LOOPBACK,
      });
  });

  describe("and TLS", () => {
    let files: EngineFiles;
    beforeAll(async () => {
      files = await engineFiles(join(dir, "files"));
    });

    const reach = async (env: NodeJS.ProcessEnv) => {
      await using relay = await openEngineRelay({ socketPath: SOCKET, tls: files.server });
      return await connectDocker(envOf({ DOCKER_HOST: relay.url, ...env }));
    };

    it("lets in a client with the right files", async () => {
      const found = await reach({ DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: files.client });
      expect(found.version).toMatch(/^\d/);
    });

    it("is not trusted with a stranger's CA", async () => {
      const error = await errorOf(reach({ DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: files.misled }));
      expect(error).toMatchObject({ code: "engine-unavailable", message: "no Docker engine answers" });
      expect(error.detail).toMatch(/unable to (verify|get)|self.signed/i);
    });

    it("is taken with any certificate where nobody asks to verify it", async () => {
      expect((await reach({ DOCKER_CERT_PATH: files.misled })).version).toMatch(/^\d/);
    });

    it("turns away a client without a certificate, which is told in words", async () => {
      const error = await errorOf(reach({ DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: files.anonymous }));
      expect(error.detail).toContain("it wants a client's certificate");
    });

    it("does not answer a client without TLS, which is told what is amiss", async () => {
      const error = await errorOf(reach({}));
      expect(error.fix).toContain("unset DOCKER_HOST");
    });

    it("takes what a context brings along", async () => {
      await using relay = await openEngineRelay({ socketPath: SOCKET, tls: files.server });
      putContext("strict", { Host: relay.url }, pemsOf(files));
      putContext("lax", { Host: relay.url, SkipTLSVerify: true }, pemsOf(files));
      expect((await connectDocker(envOf({ DOCKER_CONTEXT: "lax" }))).version).toMatch(/^\d/);
      expect(await errorOf(connectDocker(envOf({ DOCKER_CONTEXT: "strict" })))).toMatchObject({
        code: "engine-unavailable",
        fix: expect.stringContaining("unset DOCKER_CONTEXT"),
      });
    });
  });
});

function pemsOf({ client }: EngineFiles): Readonly<Record<string, string>> {
  const read = (name: string) => readFileSync(join(client, name), "utf8");
  return { "cert.pem": read("cert.pem"), "key.pem": read("key.pem") };
}

describe("when no engine answers", () => {
  it("every place that was tried is told, with the reason", async () => {
    writeFileSync(join(home, "stale.sock"), "");
    const web = createServer((_request, response) => response.end("<html>"));
    web.listen(0, "127.0.0.1");
    await once(web, "listening");
    const url = `tcp://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const places = [
      { source: "Docker", url: `unix://${home}/docker.sock` },
      { source: "Podman", url: `unix://${home}/stale.sock` },
      { source: "Web", url },
    ];
    const error = await errorOf(connectFirst(places, envOf()));
    web.close();
    expect(error.detail?.split("\n")).toEqual([
      `unix://${home}/docker.sock (Docker): there is no such file`,
      `unix://${home}/stale.sock (Podman): nobody listens behind it`,
      `${url} (Web): what answers there is no Docker engine`,
    ]);
  });

  it.skipIf(existsSync("/Applications/Docker.app"))(
    "the command is told that starts the one installed (needs a machine without Docker Desktop)",
    async () => {
      writeFileSync(join(home, "bin/colima"), "#!/bin/sh\n", { mode: 0o700 });
      const places = [{ source: "Docker", url: `unix://${home}/docker.sock` }];
      const { fix } = await errorOf(connectFirst(places, envOf()));
      expect(fix).toBe("colima start (colima is installed)");
    },
  );

  test.each(["tcp", "ssh"])("for a name of a machine that is none, by %s", async (scheme) => {
    const host = `${scheme}://nobody.invalid`;
    const { code, fix } = await errorOf(connectDocker(envOf({ DOCKER_HOST: host })));
    expect([code, fix]).toEqual(["engine-unavailable", expect.stringContaining("unset DOCKER_HOST")]);
  });

  it("a refused connection is told at once", async () => {
    const relay = await openEngineRelay({});
    await relay[Symbol.asyncDispose]();
    const error = await errorOf(connectDocker(envOf({ DOCKER_HOST: relay.url })));
    expect(error.detail).toBe(`${relay.url} (DOCKER_HOST): the connection was refused`);
    expect(error.fix).toContain("unset DOCKER_HOST");
  });

  it("an address that takes connections and says nothing is given up after three seconds", async () => {
    await using relay = await openEngineRelay({});
    const begin = performance.now();
    const error = await errorOf(connectDocker(envOf({ DOCKER_HOST: relay.url })));
    expect(error.detail).toBe(`${relay.url} (DOCKER_HOST): no answer in 3 s`);
    expect(performance.now() - begin).toBeGreaterThan(2_900);
    await vi.waitFor(() => expect(relay.connections()).toBe(0));
  });

  it("an abort is that, and not an engine that does not answer", async () => {
    await using relay = await openEngineRelay({});
    const abort = new AbortController();
    const connecting = connectDocker(envOf({ DOCKER_HOST: relay.url }), abort.signal);
    setTimeout(() => abort.abort(new Error("Ctrl-C")), 100);
    await expect(connecting).rejects.toThrow("Ctrl-C");
  });
});
