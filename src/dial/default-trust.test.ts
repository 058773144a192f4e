import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from "vitest";
import type { Connection, KeyPair } from "../model.ts";
import { createPki, type Pki } from "../pki/pki.ts";
import { type FakeProgram, fakeProgram } from "../testing/fake-program.ts";
import { info, onFirstBytes, speak, stubServer } from "../testing/stub-server.ts";
import { dialWithDefaultTrust } from "./default-trust.ts";
import type { TrustRequest } from "./trust-child.ts";

let pki: Pki;
let pair: KeyPair;
beforeAll(async () => {
  pki = await createPki();
  pair = await pki.issue("server", { profile: "server" });
});

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "default-trust-"));
});
const node = process.execPath;
afterEach(async () => {
  process.execPath = node;
  vi.unstubAllEnvs();
  await rm(scratch, { recursive: true });
});

const CONNECTION: Connection = { url: "tls://localhost:1", transport: "nats", login: { token: "hush" } };

function fakeNode(script: string): Promise<FakeProgram> {
  return fakeProgram({ dir: join(scratch, "bin"), name: "node", readsStdin: true, script });
}

async function tlsServer() {
  return stubServer((socket) => {
    socket.write(info({ tls_required: true }));
    onFirstBytes(socket, pair, (spoken) => speak(spoken));
  });
}

describe("a real child process", () => {
  it("trusts what is added to its default trust store, and nothing of ours otherwise", async () => {
    await using stub = await tlsServer();
    const request: TrustRequest = { connection: CONNECTION, at: { host: stub.host, port: stub.port } };
    // Of this process: neither must reach the child.
    await writeFile(join(scratch, "ours.pem"), pki.trust("ca"));
    vi.stubEnv("NODE_EXTRA_CA_CERTS", join(scratch, "ours.pem"));
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    vi.stubEnv("SSL_CERT_FILE", join(scratch, "ours.pem"));
    const [added, asItIs, stranger] = await Promise.all([
      dialWithDefaultTrust([request, request], pki.trust("ca"), scratch),
      dialWithDefaultTrust([request], undefined, scratch),
      dialWithDefaultTrust([request], pki.trust("stranger"), scratch),
    ]);
    expect(added).toHaveLength(2);
    for (const trace of added)
      expect(trace).toMatchObject({
        pong: true,
        complete: true,
        open: true,
        connectSent: "encrypted",
        clientId: 7,
      });
    for (const trace of [...asItIs, ...stranger])
      expect(trace).toMatchObject({
        pong: false,
        connectSent: "no",
        failure: { code: expect.stringMatching(/^UNABLE_TO_/) },
      });
    expect(await readdir(scratch)).toEqual(["ours.pem"]);
  });

  it("tells of each dial in the order asked for, whatever became of the others", async () => {
    await using stub = await tlsServer();
    const at = { host: stub.host, port: stub.port };
    const traces = await dialWithDefaultTrust(
      [
        { connection: { ...CONNECTION, url: "no url" }, at },
        { connection: CONNECTION, at },
        { connection: CONNECTION, at: { host: "127.0.0.1", port: 1 } },
      ],
      pki.trust("ca"),
      scratch,
    );
    expect(traces.map(({ pong }) => pong)).toEqual([false, true, false]);
    expect(traces.map(({ failure }) => failure?.code)).toEqual([
      "ERR_INVALID_URL",
      undefined,
      "ECONNREFUSED",
    ]);
  });
});

describe("how the child is called", () => {
  const requests = [{ connection: CONNECTION, at: { host: "127.0.0.1", port: 1 } }];

  it("has the connections on its standard input, and no secret in arguments or environment", async () => {
    vi.stubEnv("NATS_TOKEN", "of the caller");
    vi.stubEnv("NODE_EXTRA_CA_CERTS", "of the caller");
    const fake = await fakeNode('console.log("[]")');
    process.execPath = fake.path;
    await dialWithDefaultTrust(requests, undefined, scratch);
    const { args, env, stdin } = await fake.call();
    expect(args).toEqual([expect.stringMatching(/trust-child\.js$/)]);
    expect(env).toEqual({});
    expect(JSON.parse(stdin)).toEqual(requests);
  });

  it("has the extra CA in a private file, which is gone afterwards", async () => {
    const fake = await fakeNode('console.log("[]")');
    process.execPath = fake.path;
    await dialWithDefaultTrust(requests, "PEM", scratch);
    const { env, files } = await fake.call();
    expect(Object.keys(env)).toEqual(["NODE_EXTRA_CA_CERTS"]);
    expect(files).toEqual({ NODE_EXTRA_CA_CERTS: { text: "PEM", mode: 0o600 } });
    expect(await readdir(scratch)).toEqual(["bin"]);
  });

  it("is not called at all for nothing", async () => {
    const fake = await fakeNode('console.log("[]")');
    process.execPath = fake.path;
    expect(await dialWithDefaultTrust([], "PEM", scratch)).toEqual([]);
    await expect(fake.call()).rejects.toThrow("ENOENT");
  });
});

test.each<[string, string]>([
  ["ends badly", "process.exit(1)"],
  ["answers, and yet ends badly", 'console.log("[{}, {}]"); process.exitCode = 1;'],
  ["is killed", 'process.kill(process.pid, "SIGKILL")'],
  ["prints what is no JSON", 'console.log("Warning: x")'],
  ["prints nothing", ""],
])("a child that %s makes every trace a failure, and throws nothing", async (_, script) => {
  const fake = await fakeNode(script);
  process.execPath = fake.path;
  const request = { connection: CONNECTION, at: { host: "127.0.0.1", port: 1 } };
  const traces = await dialWithDefaultTrust([request, request], "PEM", scratch);
  expect(traces).toHaveLength(2);
  for (const trace of traces)
    expect(trace).toMatchObject({
      pong: false,
      connectSent: "no",
      failure: { code: "ERROR", message: expect.stringContaining("the child process failed") },
    });
  expect(await readdir(scratch)).toEqual(["bin"]);
});

test("a child that cannot be started makes every trace a failure", async () => {
  process.execPath = join(scratch, "nothing");
  const request = { connection: CONNECTION, at: { host: "127.0.0.1", port: 1 } };
  const [trace] = await dialWithDefaultTrust([request], undefined, scratch);
  expect(trace?.failure?.message).toMatch(/ENOENT/);
});

test("without room for the CA it throws: no client has been tried", async () => {
  const request = { connection: CONNECTION, at: { host: "127.0.0.1", port: 1 } };
  const dialled = dialWithDefaultTrust([request], "PEM", join(scratch, "nothing"));
  await expect(dialled).rejects.toThrow(/ENOENT/);
});
