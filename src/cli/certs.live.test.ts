/** `certs list` and `certs inspect` tell what is served. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { openRoom, type Room } from "../testing/cli-room.ts";

let room: Room;
beforeAll(async () => {
  room = await openRoom("certs it's a 'dir'");
  await room.start(["up", "tls", "tls-verify", "open", "--quiet"]).says(/Ctrl-C stops everything/);
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

async function good(args: readonly string[]) {
  const { status, stdout, stderr } = await room.run(["certs", ...args]);
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return { stdout, stderr };
}

const file = (...parts: readonly string[]) => join(room.state, "default", ...parts);
const certificate = (path: string) => new X509Certificate(readFileSync(path));

/** The certificate that a server shows once its INFO has come. */
async function servedBy(port: string, ca: string): Promise<X509Certificate> {
  const plain = createConnection({ host: "localhost", port: Number(port) });
  try {
    await once(plain, "data");
    const socket = connect({ socket: plain, ca, servername: "localhost" });
    await once(socket, "secureConnect");
    const shown = socket.getPeerX509Certificate();
    if (shown === undefined) throw new Error("the server shows no certificate");
    return shown;
  } finally {
    plain.destroy();
  }
}

describe("list", () => {
  it("has every certificate of every mode that is up, and no other", async () => {
    const { modes } = JSON.parse((await good(["list", "--json"])).stdout);
    const found = modes.map(({ mode, certificates }: { mode: string; certificates: { whose: string }[] }) => [
      mode,
      ...certificates.map(({ whose }) => whose),
    ]);
    expect(found).toEqual([
      ["tls", "ca", "server server"],
      ["tls-verify", "ca", "server server", "client app"],
    ]);
    for (const one of modes.flatMap(({ certificates }: { certificates: unknown[] }) => certificates)) {
      const real = certificate(one.path);
      expect(one).toMatchObject({
        serial: real.serialNumber,
        sha256: real.fingerprint256,
        signed: true,
        notAfter: new Date(real.validTo).toISOString(),
        key: "P-256",
      });
    }
  });

  it("is a table within 80 columns", async () => {
    const { stdout } = await good(["list"]);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatch(/^tls-verify\n {2}CERTIFICATE +KEY +GOOD FOR +UNTIL \(UTC\)\n/m);
    expect(stdout).toMatch(
      /^ {2}client app +P-256 +clientAuth +\d{4}-\d\d-\d\d \d\d:\d\d\n {4}CN=app\n {4}\.nats-sandbox/m,
    );
    expect((await good(["list", "tls"])).stdout).not.toContain("tls-verify");
  });
});

describe("inspect", () => {
  const inspect = async (args: readonly string[]) =>
    JSON.parse((await good(["inspect", ...args, "--json"])).stdout);

  it("tells all of a client's certificate, and of the CA that signed it", async () => {
    const { certificates } = await inspect(["tls-verify"]);
    const [client, ca] = certificates;
    expect(certificates).toHaveLength(2);
    expect(client).toMatchObject({
      whose: "client app",
      path: file("tls-verify/clients/app/cert.pem"),
      subject: "CN=app",
      issuer: ca.subject,
      names: [],
      keyUsage: ["digitalSignature"],
      extendedKeyUsage: ["clientAuth"],
      ca: false,
    });
    expect(ca).toMatchObject({ whose: "ca", ca: true, keyUsage: ["keyCertSign", "cRLSign"] });
  });

  it("tells of the server's what the server serves", async () => {
    const { certificates } = await inspect(["tls", "--server"]);
    const { env } = JSON.parse((await room.run(["env", "tls", "--json"])).stdout);
    const served = await servedBy(new URL(env.NATS_URL).port, readFileSync(env.NATS_CA, "utf8"));
    expect(certificates[0]).toMatchObject({
      whose: "server server",
      names: ["localhost", "127.0.0.1", "::1"],
      sha256: served.fingerprint256,
    });
  });

  it("of a client that shows none shows what it trusts, and says so", async () => {
    const { stdout, stderr } = await good(["inspect", "tls"]);
    expect(stderr).toContain("app of tls shows no certificate; it trusts this CA");
    expect(stdout).toMatch(/^ca\n/);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });
});

describe("what cannot be done is told, with the way out", () => {
  test.each<[readonly string[], number, string]>([
    [["list", "open"], 2, "open has no certificates"],
    [["inspect", "open"], 2, "open has no certificates"],
    [["export", "open", "--format", "pem", "--out", "x"], 2, "open has no certificates"],
    [["list", "user-pass"], 3, "nats-sandbox up user-pass"],
    [["inspect", "tls", "--as", "nobody"], 2, "it has: app"],
    [["inspect", "tls", "--as", "app", "--server"], 2, "--server"],
    [["export", "tls", "--format", "pkcs8", "--out", "x"], 2, "did you mean pkcs12?"],
    [["list", "--name", "other"], 3, "nats-sandbox up --detach --name other"],
  ])("certs %j", async (args, expected, says) => {
    const { status, stdout, stderr } = await room.run(["certs", ...args]);
    expect({ status, stdout }).toEqual({ status: expected, stdout: "" });
    expect(stderr).toContain(says);
    expect(existsSync(join(room.work, "x"))).toBe(false);
  });
});
