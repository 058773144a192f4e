import { X509Certificate } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import type { KeyType } from "../model.ts";
import { describeCertificate, isSignedBy, pemCertificates } from "./describe.ts";
import { createPki } from "./pki.ts";

const NOW = new Date("2030-05-01T12:00:00Z");

describe("what a certificate says", () => {
  test("a server's", async () => {
    const pki = await createPki({ now: NOW, hosts: ["nats.example.test", "2001:db8::5", "192.0.2.7"] });
    const { chain } = await pki.issue("main", { profile: "server" });
    const { fingerprint256, serialNumber } = new X509Certificate(chain);
    const facts = describeCertificate(chain);
    const { issuer, subject: authority } = describeCertificate(pki.trust("ca"));
    expect(authority).toMatch(/^O=nats-sandbox, CN=nats-sandbox CA [0-9a-f]{8}$/);
    expect(facts).toEqual({
      subject: "CN=main",
      issuer,
      serial: serialNumber,
      names: ["localhost", "127.0.0.1", "::1", "nats.example.test", "2001:db8::5", "192.0.2.7"],
      keyUsage: ["digitalSignature"],
      extendedKeyUsage: ["serverAuth"],
      ca: false,
      nameConstraints: [],
      key: "P-256",
      signature: "ECDSA with SHA-256",
      notBefore: new Date("2030-05-01T11:00:00Z"),
      notAfter: new Date("2030-05-29T12:00:00Z"),
      sha256: fingerprint256,
    });
  });

  test("a CA's, with the names that it may sign for", async () => {
    const pki = await createPki({ hosts: ["example.test", "192.0.2.7", "2001:db8::5"] });
    expect(describeCertificate(pki.trust("ca"))).toMatchObject({
      names: [],
      keyUsage: ["keyCertSign", "cRLSign"],
      extendedKeyUsage: [],
      ca: true,
      nameConstraints: [
        ...["localhost", "invalid", "127.0.0.0/8", "::1/128"],
        ...["example.test", "192.0.2.7/32", "2001:db8::5/128"],
      ],
    });
  });

  test("a client's, and a peer's", async () => {
    const pki = await createPki();
    const [client, peer] = await Promise.all([
      pki.issue("app", { profile: "client" }),
      pki.issue("peer", { profile: "peer" }),
    ]);
    expect(describeCertificate(client.chain)).toMatchObject({ names: [], extendedKeyUsage: ["clientAuth"] });
    expect(describeCertificate(peer.chain)).toMatchObject({ extendedKeyUsage: ["serverAuth", "clientAuth"] });
  });

  test.each<[KeyType, string, string, readonly string[]]>([
    ["p256", "P-256", "ECDSA with SHA-256", ["digitalSignature"]],
    ["p384", "P-384", "ECDSA with SHA-384", ["digitalSignature"]],
    ["rsa2048", "RSA 2048", "RSA with SHA-256", ["digitalSignature", "keyEncipherment"]],
    ["ed25519", "Ed25519", "Ed25519", ["digitalSignature"]],
  ])("with a key of type %s", async (keyType, key, signature, keyUsage) => {
    const { chain } = await (await createPki({ keyType })).issue("main", { profile: "server" });
    expect(describeCertificate(chain)).toMatchObject({ key, signature, keyUsage });
  });
});

describe("who signed it", () => {
  it("is told by the signature, not by the name", async () => {
    const pki = await createPki();
    const { chain } = await pki.issue("app", { profile: "client" });
    expect(isSignedBy(chain, pki.trust("ca"))).toBe(true);
    expect(isSignedBy(chain, pki.trust("twin-ca"))).toBe(false);
    expect(isSignedBy(chain, pki.trust("stranger"))).toBe(false);
    expect(isSignedBy(pki.trust("ca"), pki.trust("ca"))).toBe(true);
  });
});

test("a chain is taken apart, and a text that is no certificate refused", async () => {
  const pki = await createPki();
  const { chain, key } = await pki.issue("app", { profile: "client" });
  const all = pemCertificates(`${chain}${pki.trust("ca")}${key}`);
  expect(all.map((one) => describeCertificate(one).ca)).toEqual([false, true]);
  expect(() => describeCertificate(key)).toThrow();
});
