import { once } from "node:events";
import type { Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { beforeAll, describe, expect, it, test } from "vitest";
import type { Connection, KeyPair, TrustName } from "../model.ts";
import { createPki, type Pki } from "../pki/pki.ts";
import { openTap } from "../tap.ts";
import { info, onFirstBytes, speak, stubServer } from "../testing/stub-server.ts";
import { outcome, sessionTo } from "../testing/stub-session.ts";

let pki: Pki;
let pair: KeyPair;
beforeAll(async () => {
  pki = await createPki();
  pair = await pki.issue("server", { profile: "server" });
});

type Tls = NonNullable<Connection["tls"]>;

function trusting(name: TrustName, more: Tls = {}): Tls {
  return { ca: pki.trust(name), ...more };
}

/** A server whose INFO says this of TLS, and which takes the client as it comes; `heard` gets every line. */
function serverThat(fields: object, heard: { how?: string; lines: readonly string[] }, shown = pair) {
  return (socket: Socket) => {
    socket.write(info({ ...fields }));
    onFirstBytes(socket, shown, (spoken, how) => {
      heard.how = how;
      heard.lines = speak(spoken);
    });
  };
}

const REQUIRED = { tls_required: true };
const AVAILABLE = { tls_available: true };

describe("whether the probe turns to TLS", () => {
  test.each<[string, object, string, Tls["policy"], string]>([
    ["no TLS", {}, "nats", undefined, "plaintext"],
    ["no TLS", {}, "tls", undefined, "TLS_NOT_OFFERED"],
    ["no TLS", {}, "nats", "never", "plaintext"],
    ["no TLS", {}, "nats", "demand", "TLS_NOT_OFFERED"],
    ["no TLS", {}, "nats", "demand-by-option", "TLS_NOT_OFFERED"],
    ["TLS", AVAILABLE, "nats", undefined, "plaintext"],
    ["TLS", AVAILABLE, "tls", undefined, "encrypted"],
    ["TLS", AVAILABLE, "nats", "never", "plaintext"],
    ["TLS", AVAILABLE, "nats", "demand", "encrypted"],
    ["TLS", AVAILABLE, "nats", "demand-by-option", "encrypted"],
    ["nothing but TLS", REQUIRED, "nats", undefined, "encrypted"],
    ["nothing but TLS", REQUIRED, "tls", undefined, "encrypted"],
    ["nothing but TLS", REQUIRED, "nats", "never", "plaintext"],
    ["nothing but TLS", REQUIRED, "nats", "demand", "encrypted"],
    ["nothing but TLS", REQUIRED, "nats", "demand-by-option", "encrypted"],
  ])("INFO offers %s (%j), told %s:// and %s: %s", async (_, fields, scheme, policy, expected) => {
    const heard: { how?: string; lines: readonly string[] } = { lines: [] };
    const connection = {
      url: `${scheme}://localhost:1`,
      login: { token: "hush" },
      tls: trusting("ca", policy === undefined ? {} : { policy }),
    };
    const { code, trace } = await outcome(serverThat(fields, heard), connection);
    if (expected === "TLS_NOT_OFFERED") {
      expect(code).toBe(expected);
      expect(trace).toMatchObject({ pong: false, connectSent: "no", clientId: 7 });
      expect(heard).toEqual({ lines: [] });
    } else {
      expect(code).toBe("in");
      expect(heard.how).toBe(expected);
      expect(trace.connectSent).toBe(expected);
      expect(trace.tls === undefined).toBe(expected === "plaintext");
      const [connect = ""] = heard.lines;
      expect(JSON.parse(connect.slice("CONNECT ".length))).toMatchObject({
        auth_token: "hush",
        tls_required: expected === "encrypted",
      });
    }
  });
});

test("nothing is sent in plaintext before TLS", async () => {
  const heard = { lines: [] };
  await using stub = await stubServer(serverThat(REQUIRED, heard));
  await using tap = await openTap(stub);
  const session = sessionTo(
    { ...tap, ...stub, port: tap.port },
    { login: { token: "hush" }, tls: trusting("ca") },
  );
  await session.open();
  expect(tap.records()[0]).toMatchObject({ tls: true, plaintext: "" });
  expect(heard.lines).toEqual([]);
  await session.connect();
  expect(heard.lines).toHaveLength(2);
  expect(session.trace.tls).toMatchObject({ version: "TLSv1.3", cipher: expect.stringMatching(/^TLS_/) });
  expect(tap.records()[0]?.plaintext).toBe("");
  session.close();
});

describe("whose certificate is taken", () => {
  test.each<[string, Tls, string]>([
    ["localhost, by the name that is dialled", {}, "in"],
    ["localhost, by name", { verifyAs: "localhost" }, "in"],
    ["127.0.0.1, by address", { verifyAs: "127.0.0.1" }, "in"],
    ["::1, by address", { verifyAs: "::1" }, "in"],
    ["another host", { verifyAs: "nats.example.test" }, "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["another address", { verifyAs: "127.0.0.2" }, "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["a name under localhost", { verifyAs: "a.localhost" }, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ])("%s", async (_, tls, code) => {
    const heard = { lines: [] as readonly string[] };
    const ended = await outcome(serverThat(REQUIRED, heard), { tls: trusting("ca", tls) });
    expect(ended.code).toBe(code);
    expect(ended.trace.connectSent).toBe(code === "in" ? "encrypted" : "no");
    expect(heard.lines.length).toBe(code === "in" ? 2 : 0);
  });

  it("is that of the address, where an address is dialled", async () => {
    const named = await pki.issue("server", { profile: "server", fault: "wrong-host" });
    for (const [shown, code] of [
      [pair, "in"],
      [named, "ERR_TLS_CERT_ALTNAME_INVALID"],
    ] as const) {
      const heard = { lines: [] as readonly string[] };
      const connection = { url: "nats://127.0.0.1:1", tls: trusting("ca") };
      expect((await outcome(serverThat(REQUIRED, heard, shown), connection)).code).toBe(code);
    }
  });

  test.each<[string, () => Promise<KeyPair> | KeyPair, TrustName | undefined, RegExp]>([
    ["a CA that the client does not trust", () => pair, "stranger", /^UNABLE_TO_/],
    ["a CA of the same name", () => pair, "twin-ca", /^CERT_SIGNATURE_FAILURE$/],
    ["a CA that is not in the default trust store", () => pair, undefined, /^UNABLE_TO_/],
    ["itself", () => pki.issue("x", { profile: "server", fault: "self-signed" }), "ca", /SELF_SIGNED/],
    [
      "the CA, and expired",
      () => pki.issue("x", { profile: "server", fault: "expired" }),
      "ca",
      /^CERT_HAS_EXPIRED$/,
    ],
    [
      "the CA, and is not yet valid",
      () => pki.issue("x", { profile: "server", fault: "not-yet-valid" }),
      "ca",
      /^CERT_NOT_YET_VALID$/,
    ],
    ["the CA, for clients only", () => pki.issue("x", { profile: "client" }), "ca", /^INVALID_PURPOSE$/],
  ])("not one of %s: no CONNECT is sent", async (_, shown, trust, code) => {
    const heard = { lines: [] as readonly string[] };
    const connection = {
      url: "tls://localhost:1",
      login: { token: "hush" },
      ...(trust && { tls: trusting(trust) }),
    };
    const ended = await outcome(serverThat(REQUIRED, heard, await shown()), connection);
    expect(ended.code).toMatch(code);
    expect(ended.trace).toMatchObject({ connectSent: "no", pong: false, open: false });
    expect(heard.lines).toEqual([]);
  });
});

describe("what the probe offers", () => {
  /** The ClientHello: the version in it, and whether it names TLS 1.3 among those it supports (RFC 8446 §4.2.1). */
  async function offered(tls: Tls): Promise<{ readonly legacy: string; readonly tls13: boolean }> {
    let hello = Buffer.alloc(0);
    await outcome(
      (socket) => {
        socket.write(info(REQUIRED));
        socket.once("data", (chunk) => {
          hello = chunk;
          socket.destroy();
        });
      },
      { tls: trusting("ca", tls) },
    );
    expect([hello[0], hello[5]]).toEqual([22, 1]); // a handshake record that holds a ClientHello
    const supported = hello.indexOf(Buffer.from("002b", "hex"));
    return {
      legacy: hello.toString("hex", 9, 11),
      tls13: supported > 0 && hello.includes(Buffer.from("0304", "hex"), supported),
    };
  }

  it("is TLS 1.3 by default, 1.2 or 1.1 when that is the most", async () => {
    expect(await offered({})).toEqual({ legacy: "0303", tls13: true });
    expect(await offered({ maxVersion: "TLSv1.3" })).toEqual({ legacy: "0303", tls13: true });
    expect(await offered({ maxVersion: "TLSv1.2" })).toEqual({ legacy: "0303", tls13: false });
    expect(await offered({ maxVersion: "TLSv1.1" })).toEqual({ legacy: "0302", tls13: false });
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "its certificate reaches the server with %s",
    async (maxVersion) => {
      const app = await pki.issue("app", { profile: "client" });
      const options = { cert: pair.chain, key: pair.key, ca: pki.trust("ca"), requestCert: true };
      await using inner = createTlsServer(options);
      const seen = once(inner, "secureConnection") as Promise<[TLSSocket]>;
      await using stub = await stubServer((socket) => {
        socket.write(info(REQUIRED));
        inner.emit("connection", socket);
      });
      const session = sessionTo(stub, { tls: trusting("ca", { present: app, maxVersion }) });
      const opening = session.open();
      const [peer] = await seen;
      speak(peer.on("error", () => {}));
      await opening;
      await session.connect();
      expect(peer.getPeerCertificate().subject).toMatchObject({ CN: "app" });
      expect(session.trace.tls?.version).toBe(maxVersion);
      session.close();
    },
  );
});

describe("a handshake that does not end well", () => {
  test.each<[string, string, (socket: Socket) => void]>([
    ["is reset", "ECONNRESET", (socket) => void socket.once("data", () => socket.resetAndDestroy())],
    ["is closed", "ECONNRESET", (socket) => void socket.once("data", () => socket.end())],
    [
      "is answered in plaintext",
      "ERR_SSL_",
      (socket) => void socket.once("data", () => socket.write(info())),
    ],
    ["is not answered", "DEADLINE", (socket) => void socket.resume()],
  ])("and %s fails: %s, and no CONNECT is sent", async (_, code, serve) => {
    const timeout = code === "DEADLINE" ? 1_000 : 20_000;
    const ended = await outcome(
      (socket) => {
        socket.write(info(REQUIRED));
        serve(socket);
      },
      { tls: trusting("ca") },
      timeout,
    );
    expect(ended.code).toContain(code);
    expect(ended.trace).toMatchObject({ connectSent: "no", pong: false, clientId: 7 });
  });
});
