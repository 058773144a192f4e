/** Certificates in real TLS handshakes over loopback, judged by Node: each side must say exactly why it refuses. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { checkServerIdentity, connect, createServer, type PeerCertificate, type TLSSocket } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { codeOf, messageOf } from "../errors.ts";
import type { FaultName, KeyPair, KeyType, TrustName } from "../model.ts";
import { createPki, createPkiFrom, type Pki } from "./pki.ts";
import { parseCatalogue } from "./profiles.ts";

const KEY_TYPES: readonly KeyType[] = ["p256", "p384", "rsa2048", "ed25519"];

interface Handshake {
  readonly server: KeyPair;
  readonly client: KeyPair;
  /** CA that the server, and the client, trust. */
  readonly trusted: string;
  readonly clientTrusts?: string;
  readonly host?: string;
  readonly servername?: string;
}

/** What each side says of the other's certificate: `ok` or the code of its error. */
async function shake(options: Handshake): Promise<{ readonly client: string; readonly server: string }> {
  const { server: shown, client, trusted, clientTrusts = trusted, host = "127.0.0.1", servername } = options;
  const server = createServer({
    cert: shown.chain,
    key: shown.key,
    ca: trusted,
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on("tlsClientError", () => {});
  await once(server.listen(0, host), "listening");
  const accepted = once(server, "secureConnection") as Promise<[TLSSocket]>;
  const { port } = server.address() as AddressInfo;
  const socket = connect({
    host,
    port,
    cert: client.chain,
    key: client.key,
    ca: clientTrusts,
    ...(servername === undefined ? {} : { servername }),
  });
  try {
    await once(socket, "secureConnect");
    const [peer] = await accepted;
    return { client: "ok", server: peer.authorized ? "ok" : String(peer.authorizationError) };
  } catch (error) {
    return { client: codeOf(error) ?? messageOf(error), server: "ok" };
  } finally {
    socket.destroy();
    server.close();
  }
}

/** Node 22.23 finds no IPv6 address in any certificate. */
const NODE_KNOWS_IPV6 =
  checkServerIdentity("::1", { subjectaltname: "IP Address:0:0:0:0:0:0:0:1" } as PeerCertificate) ===
  undefined;

test.each(KEY_TYPES)("%s: mutual TLS by name, by IPv4, by IPv6 and between peers", async (keyType) => {
  const pki = await createPki({ keyType, hosts: ["nats.example.test", "*.wild.test"] });
  const [server, client, peer] = await Promise.all([
    pki.issue("server", { profile: "server" }),
    pki.issue("app", { profile: "client" }),
    pki.issue("peer", { profile: "peer" }),
  ]);
  const trusted = pki.trust("ca");
  const ok = { client: "ok", server: "ok" };
  for (const servername of ["localhost", "nats.example.test", "any.wild.test"]) {
    expect(await shake({ server, client, trusted, servername })).toEqual(ok);
  }
  expect(await shake({ server, client, trusted, host: "127.0.0.1" })).toEqual(ok);
  if (NODE_KNOWS_IPV6) expect(await shake({ server, client, trusted, host: "::1" })).toEqual(ok);
  expect(new X509Certificate(server.chain).checkIP("::1")).toBe("::1");
  expect(await shake({ server: peer, client: peer, trusted, servername: "localhost" })).toEqual(ok);
});

describe("one fault, one reason", () => {
  let pki: Pki;
  let good: { readonly server: KeyPair; readonly client: KeyPair };
  beforeAll(async () => {
    pki = await createPki();
    good = {
      server: await pki.issue("server", { profile: "server" }),
      client: await pki.issue("app", { profile: "client" }),
    };
  });

  test.each<[FaultName, string]>([
    ["expired", "CERT_HAS_EXPIRED"],
    ["not-yet-valid", "CERT_NOT_YET_VALID"],
    ["wrong-host", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["stranger", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["twin-ca", "CERT_SIGNATURE_FAILURE"],
    ["self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["no-eku", "ok"],
    ["no-san", "ERR_TLS_CERT_ALTNAME_INVALID"],
  ])("a client says of a server that is %s: %s", async (fault, says) => {
    const server = await pki.issue("server", { profile: "server", fault });
    expect(await shake({ ...good, server, trusted: pki.trust("ca"), servername: "localhost" })).toEqual({
      client: says,
      server: "ok",
    });
  });

  test.each<[FaultName, string]>([
    ["expired", "CERT_HAS_EXPIRED"],
    ["not-yet-valid", "CERT_NOT_YET_VALID"],
    ["stranger", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["twin-ca", "CERT_SIGNATURE_FAILURE"],
    ["self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["server-eku-only", "INVALID_PURPOSE"],
    ["no-eku", "ok"],
  ])("a server says of a client that is %s: %s", async (fault, says) => {
    const client = await pki.issue("app", { profile: "client", fault });
    expect(await shake({ ...good, client, trusted: pki.trust("ca"), servername: "localhost" })).toEqual({
      client: "ok",
      server: says,
    });
  });

  test.each<[TrustName, string]>([
    // Not UNABLE_TO_VERIFY_LEAF_SIGNATURE, because a Node server adds the CA it trusts to the chain it shows.
    ["stranger", "SELF_SIGNED_CERT_IN_CHAIN"],
    ["twin-ca", "CERT_SIGNATURE_FAILURE"],
  ])("a client that trusts %s instead says of the good server: %s", async (name, says) => {
    const trusted = pki.trust("ca");
    expect(
      await shake({ ...good, trusted, clientTrusts: pki.trust(name), servername: "localhost" }),
    ).toMatchObject({ client: says });
  });

  test("the wrong host is the right one when it is dialled", async () => {
    const server = await pki.issue("server", { profile: "server", fault: "wrong-host" });
    const handshake = { ...good, server, trusted: pki.trust("ca"), servername: "wrong-host.invalid" };
    expect(await shake(handshake)).toEqual({ client: "ok", server: "ok" });
  });
});

test.each(["elsewhere.test", "192.0.2.1", "2001:db8::1"])(
  "a certificate that also names %s, which its CA is not for, is refused even where localhost is dialled",
  async (name) => {
    const read = (file: string) => readFileSync(new URL(`../../certs/${file}.yaml`, import.meta.url), "utf8");
    const profiles = read("profiles").replaceAll(
      "[localhost, 127.0.0.1, ",
      `[localhost, "${name}", 127.0.0.1, `,
    );
    const outside = await createPkiFrom(await parseCatalogue(profiles, read("faults")));
    const inside = await createPkiFrom(await parseCatalogue(profiles, read("faults")), { hosts: [name] });
    const says = async (pki: Pki) =>
      await shake({
        server: await pki.issue("server", { profile: "server" }),
        client: await pki.issue("app", { profile: "client" }),
        trusted: pki.trust("ca"),
        servername: "localhost",
      });
    expect((await says(outside)).client).toBe("UNSPECIFIED");
    expect((await says(inside)).client).toBe("ok");
  },
);
