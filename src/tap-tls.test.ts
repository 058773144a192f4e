import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { connect as connectTls, createServer as createTlsServer, TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createPki, type Pki } from "./pki/pki.ts";
import { openTap, servedCertificates } from "./tap.ts";
import { closeAll, closeLater, dial, INFO, portOf, tapped } from "./testing/tapped.ts";

afterEach(closeAll);

describe("a TLS connection", () => {
  let pki: Pki;
  beforeAll(async () => {
    pki = await createPki();
  });

  /** INFO in plaintext and then TLS, as nats-server does; the client says `before` in plaintext. */
  async function handshake(chain: string, key: string, before: string, maxVersion: "TLSv1.2" | "TLSv1.3") {
    const tap = await tapped((plain) => {
      plain.write(INFO);
      const upgrade = () => {
        const secure = new TLSSocket(plain, { isServer: true, cert: chain, key });
        secure.on("error", () => {}).once("data", () => secure.end("+OK\r\n"));
      };
      if (before === "") upgrade();
      else
        plain.once("data", () => {
          plain.write("+OK\r\n");
          upgrade();
        });
    });
    const client = dial(tap);
    await once(client, "data");
    if (before !== "") {
      client.write(before);
      await once(client, "data");
    }
    client.removeAllListeners("data");
    const secure = connectTls({ socket: client, ca: pki.trust("ca"), servername: "localhost", maxVersion });
    secure.write("CONNECT secret\r\n");
    expect(await text(secure)).toBe("+OK\r\n");
    return tap.records()[0];
  }

  it("is noticed, with what was said in plaintext before it, and nothing of what was said within", async () => {
    const { chain, key } = await pki.issue("server", { profile: "server" });
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      expect(await handshake(chain, key, "", version)).toMatchObject({
        clientId: 42,
        tls: true,
        plaintext: "",
      });
    }
    const said = await handshake(chain, key, "CONNECT early\r\n", "TLSv1.3");
    expect(said).toMatchObject({ tls: true, plaintext: "CONNECT early\r\n" });
  });

  it.each([1, 2])("shows the %i certificates that were served, in order", async (count) => {
    const { chain, key } = await pki.issue("server", { profile: "server" });
    const sent = [chain, pki.trust("ca")].slice(0, count);
    const record = await handshake(sent.join(""), key, "", "TLSv1.2");
    const served = (record?.served ?? []).map((der) => new X509Certificate(der).toString());
    expect(served).toEqual(sent.map((pem) => new X509Certificate(pem).toString()));
  });

  it("shows no certificate where TLS 1.3 hides it", async () => {
    const { chain, key } = await pki.issue("server", { profile: "server" });
    expect((await handshake(chain, key, "", "TLSv1.3"))?.served).toEqual([]);
  });

  it("is taken for what it is even when the server speaks TLS from the first byte", async () => {
    const { chain, key } = await pki.issue("server", { profile: "server" });
    const server = createTlsServer({ cert: chain, key }, (socket) => socket.end("hello"));
    const tap = await openTap({ host: "127.0.0.1", port: await portOf(server) });
    closeLater(server, tap);
    const client = connectTls({
      host: tap.host,
      port: tap.port,
      ca: pki.trust("ca"),
      servername: "localhost",
    });
    expect(await text(client)).toBe("hello");
    expect(tap.records()[0]).toMatchObject({ tls: true, plaintext: "" });
    expect(tap.records()[0]).not.toHaveProperty("clientId");
  });
});

describe("servedCertificates", () => {
  it("finds none in what is no handshake, or is cut off before it", () => {
    const flight = Buffer.from("1603030004020000ff", "hex"); // a ServerHello that ends too soon
    for (const bytes of [Buffer.alloc(0), Buffer.from("INFO {}\r\n"), flight, Buffer.from("16030300", "hex")])
      expect(servedCertificates(bytes)).toEqual([]);
  });
});
