/** Certificates as Node reads them, and what the YAML and the options make of them. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { KeyPair, KeyType } from "../model.ts";
import { serialNumber } from "./certificate.ts";
import { encode } from "./der.ts";
import { generateKeys, keyIdentifier, publicKeyInfo } from "./keys.ts";
import { createPki, createPkiFrom } from "./pki.ts";
import { parseCatalogue } from "./profiles.ts";

const KEY_TYPES: readonly KeyType[] = ["p256", "p384", "rsa2048", "ed25519"];
const PROFILES = ["server", "client", "peer"] as const;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

const leafOf = (pair: KeyPair) => new X509Certificate(pair.chain);

test.each(KEY_TYPES)(
  "%s: leaves are of that key type, match their keys and are signed by the CA",
  async (keyType) => {
    const pki = await createPki({ keyType });
    const ca = new X509Certificate(pki.trust("ca"));
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    for (const profile of PROFILES) {
      const pair = await pki.issue(profile, { profile });
      const leaf = leafOf(pair);
      expect(leaf.checkPrivateKey(createPrivateKey(pair.key))).toBe(true);
      expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey)).toBe(true);
      expect(leaf.ca).toBe(false);
      expect({
        ...leaf.publicKey.asymmetricKeyDetails,
        type: leaf.publicKey.asymmetricKeyType,
      }).toMatchObject(
        {
          p256: { type: "ec", namedCurve: "prime256v1" },
          p384: { type: "ec", namedCurve: "secp384r1" },
          rsa2048: { type: "rsa", modulusLength: 2048 },
          ed25519: { type: "ed25519" },
        }[keyType],
      );
    }
  },
);

test("P-256 is the default", async () => {
  const ca = new X509Certificate((await createPki()).trust("ca"));
  expect(ca.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: "prime256v1" });
});

test("a server's and a peer's names are localhost and loopback, then the hosts, each once", async () => {
  const pki = await createPki({
    hosts: ["nats.example.test", "LOCALHOST", "*.wild.test", "10.1.2.3", "2001:db8::7"],
  });
  for (const profile of ["server", "peer"] as const) {
    const leaf = leafOf(await pki.issue("x", { profile }));
    expect(leaf.subjectAltName).toBe(
      "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:nats.example.test, DNS:*.wild.test, IP Address:10.1.2.3, IP Address:2001:DB8:0:0:0:0:0:7",
    );
    expect(leaf.checkHost("a.wild.test")).toBe("*.wild.test");
    expect(leaf.checkHost("a.b.wild.test")).toBeUndefined();
    expect(leaf.checkIP("::1")).toBe("::1");
    expect(leaf.checkIP("10.1.2.4")).toBeUndefined();
  }
});

test("each profile has its usage, and a client no names", async () => {
  const pki = await createPki();
  const usage = async (profile: (typeof PROFILES)[number]) =>
    leafOf(await pki.issue("x", { profile })).keyUsage;
  expect(await usage("server")).toEqual([SERVER_AUTH]);
  expect(await usage("client")).toEqual([CLIENT_AUTH]);
  expect(await usage("peer")).toEqual([SERVER_AUTH, CLIENT_AUTH]);
  expect(leafOf(await pki.issue("app", { profile: "client" })).subjectAltName).toBeUndefined();
});

test("the subject is the name, or the recipe's common name, in any script", async () => {
  const pki = await createPki();
  expect(leafOf(await pki.issue("app", { profile: "client" })).subject).toBe("CN=app");
  const named = leafOf(await pki.issue("app", { profile: "client", commonName: "Zoë@日本 *" }));
  expect(named.toLegacyObject().subject.CN).toBe("Zoë@日本 *");
  expect(leafOf(await pki.issue("$& $1 $name", { profile: "client" })).subject).toBe("CN=$& $1 $name");
});

test.each([
  ["", /cannot be the common name/],
  ["a".repeat(65), /cannot be the common name/],
  ["a\nb", /cannot be the common name/],
  ["app.example.test", /may not certify/],
  ["10.1.2.3", /may not certify/],
])("the common name %j is refused for a client", async (commonName, message) => {
  const pki = await createPki();
  await expect(pki.issue("app", { profile: "client", commonName })).rejects.toThrow(
    expect.objectContaining({ code: "invalid-name", message: expect.stringMatching(message) }),
  );
});

test("a common name that looks like a host is fine below one of the hosts, or beside DNS names", async () => {
  const pki = await createPki({ hosts: ["*.example.test"] });
  await pki.issue("app.example.test", { profile: "client" });
  await pki.issue("elsewhere.test", { profile: "server" });
  const addressed = await createPki({ hosts: ["10.1.2.3"] });
  await expect(addressed.issue("10.1.2.3", { profile: "client" })).rejects.toThrow(/may not certify/);
  await expect(pki.issue("app.notexample.test", { profile: "client" })).rejects.toThrow(/may not certify/);
});

test("validity counts from the given moment, back-dated by an hour, in whole seconds", async () => {
  const now = new Date("2031-02-03T04:05:06.789Z");
  const pki = await createPki({ now });
  const leaf = leafOf(await pki.issue("x", { profile: "server" }));
  expect(leaf.validFrom).toBe("Feb  3 03:05:06 2031 GMT");
  expect(leaf.validTo).toBe("Mar  3 04:05:06 2031 GMT");
  const ca = new X509Certificate(pki.trust("ca"));
  expect(Date.parse(ca.validTo)).toBeGreaterThan(Date.parse(leaf.validTo));
});

test("a validity beyond 2049 is still read right", async () => {
  const pki = await createPki({ now: new Date("2049-12-20T00:00:00Z") });
  const leaf = leafOf(await pki.issue("x", { profile: "server" }));
  expect([leaf.validFrom, leaf.validTo]).toEqual(["Dec 19 23:00:00 2049 GMT", "Jan 17 00:00:00 2050 GMT"]);
});

test("every certificate has a key and a serial number of its own, every CA a subject of its own", async () => {
  const [one, two] = await Promise.all([createPki(), createPki()]);
  const cas = [one, two].flatMap((pki) => [pki.trust("ca"), pki.trust("stranger"), pki.trust("twin-ca")]);
  const leaves = await Promise.all([1, 2, 3].map(() => one.issue("same", { profile: "server" })));
  const all = [...cas, ...leaves.map((pair) => pair.chain)].map((text) => new X509Certificate(text));
  expect(new Set(all.map((certificate) => certificate.serialNumber)).size).toBe(9);
  expect(new Set(all.map(({ publicKey }) => publicKey.export({ type: "spki", format: "pem" }))).size).toBe(9);
  // Two modes have four: the twin shares that of the mode's own CA.
  expect(new Set(cas.map((text) => new X509Certificate(text).subject)).size).toBe(4);
  expect(new X509Certificate(one.trust("ca")).subject).toMatch(
    /^O=nats-sandbox\nCN=nats-sandbox CA [0-9a-f]{8}$/,
  );
});

test("the twin differs from the mode's own CA in its key, and neither takes the other's certificates", async () => {
  const pki = await createPki();
  const [own, twin] = [new X509Certificate(pki.trust("ca")), new X509Certificate(pki.trust("twin-ca"))];
  expect([twin.subject, twin.issuer, twin.validFrom, twin.validTo]).toEqual([
    own.subject,
    own.issuer,
    own.validFrom,
    own.validTo,
  ]);
  const good = leafOf(await pki.issue("app", { profile: "client" }));
  const forged = leafOf(await pki.issue("app", { profile: "client", fault: "twin-ca" }));
  // By names and key identifiers each fits both; only the signature tells.
  expect([good, forged].map((leaf) => leaf.checkIssued(own) && leaf.checkIssued(twin))).toEqual([true, true]);
  expect([good, forged].map((leaf) => leaf.verify(own.publicKey))).toEqual([true, false]);
  expect([good, forged].map((leaf) => leaf.verify(twin.publicKey))).toEqual([false, true]);
});

test("what the YAML says is what the certificate is", async () => {
  const read = (file: string) => readFileSync(new URL(`../../certs/${file}.yaml`, import.meta.url), "utf8");
  const profiles = read("profiles")
    .replaceAll("notAfter: 28d", "notAfter: 7d")
    .replaceAll("extendedKeyUsage: [clientAuth]", "extendedKeyUsage: [serverAuth, clientAuth]")
    .replaceAll("subject: { CN: $name }", "subject: { O: Acme, CN: 'a $name' }");
  const faults = read("faults").replace("[wrong-host.invalid]", "[other.invalid, 127.9.9.9]");
  const now = new Date("2031-02-03T04:05:06Z");
  const pki = await createPkiFrom(await parseCatalogue(profiles, faults), { now });
  const client = leafOf(await pki.issue("x", { profile: "client" }));
  expect(client.validTo).toBe("Feb 10 04:05:06 2031 GMT");
  expect(client.keyUsage).toEqual([SERVER_AUTH, CLIENT_AUTH]);
  expect(client.subject).toBe("O=Acme\nCN=a x");
  const wrong = leafOf(await pki.issue("x", { profile: "server", fault: "wrong-host" }));
  expect(wrong.subjectAltName).toBe("DNS:other.invalid, IP Address:127.9.9.9");
});

test("2000 serial numbers are positive, minimal, at most 20 octets and all different", () => {
  const serials = Array.from({ length: 2000 }, serialNumber);
  for (const [first = 0, ...rest] of serials) {
    expect(first).toBeGreaterThan(0); // not minimal, were it 0
    expect(first).toBeLessThan(0x80); // negative, were it not
    expect(rest.length).toBeLessThan(20);
  }
  expect(new Set(serials.map((serial) => serial.toString("hex"))).size).toBe(2000);
});

test("300 certificates over all key types parse, and hold the public key as Node writes it", async () => {
  const counts: Readonly<Record<KeyType, number>> = { p256: 120, p384: 60, rsa2048: 8, ed25519: 112 };
  for (const keyType of KEY_TYPES) {
    const pki = await createPki({ keyType });
    const ca = new X509Certificate(pki.trust("ca"));
    for (let index = 0; index < counts[keyType]; index++) {
      const pair = await pki.issue(`n${index}`, { profile: PROFILES[index % 3] ?? "server" });
      const leaf = leafOf(pair);
      expect(leaf.verify(ca.publicKey)).toBe(true);
      expect(leaf.publicKey.equals(createPublicKey(pair.key))).toBe(true);
    }
  }
});

test.each(KEY_TYPES)("%s: SubjectPublicKeyInfo is byte for byte that of OpenSSL", async (keyType) => {
  const keys = await generateKeys(keyType);
  const expected = createPublicKey(keys.privateKey).export({ type: "spki", format: "der" });
  expect(encode(publicKeyInfo(keys)).equals(expected)).toBe(true);
  expect(keyIdentifier(keys)).toHaveLength(20);
});

test("a host that cannot be one is refused before anything is made", async () => {
  await expect(createPki({ hosts: ["nats://x"] })).rejects.toThrow(
    expect.objectContaining({ code: "invalid-host" }),
  );
});
