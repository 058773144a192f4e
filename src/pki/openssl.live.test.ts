/** Certificates as the openssl command line reads and verifies them: every rule, and one cause for every fault. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { CertificateRecipe, FaultName, KeyType, TrustName } from "../model.ts";
import { createPki, type Pki } from "./pki.ts";

const missing = spawnSync("openssl", ["version"]).status !== 0 && !process.env.CI;
const KEY_TYPES: readonly KeyType[] = ["p256", "p384", "rsa2048", "ed25519"];
const HOSTS = ["nats.example.test", "*.wild.test", "10.1.2.3", "2001:db8::7"];

const dir = mkdtempSync(join(tmpdir(), "nats-sandbox-openssl-"));
afterAll(() => rmSync(dir, { recursive: true }));
let files = 0;

function file(text: string): string {
  const path = join(dir, `${files++}.pem`);
  writeFileSync(path, text);
  return path;
}

function openssl(...parameters: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync("openssl", parameters, { encoding: "utf8" });
  if (error) throw error;
  return stdout + stderr;
}

/** `openssl x509 -text` as fields: extensions by name, `critical` first where they are. */
function decode(pem: string): Readonly<Record<string, string>> {
  const text = openssl("x509", "-in", file(pem), "-noout", "-text");
  const fields: Record<string, string> = {};
  let extension = "";
  for (const line of text.split("\n")) {
    const [, name, value = ""] = /^ {4,12}([A-Z][\w /]*?) ?: ?(.*)$/.exec(line) ?? [];
    extension = name?.startsWith("X509v3") ? name : name || !line.startsWith(" ".repeat(16)) ? "" : extension;
    if (name) fields[name] ??= value.trim();
    else if (extension) fields[extension] = `${fields[extension]} ${line.trim()}`.trim();
  }
  return fields;
}

/** `OK`, or the number of the first error: see X509_V_ERR_* in x509_vfy.h. */
function verify(pem: string, ca: string, ...conditions: readonly string[]): string {
  const said = openssl("verify", "-x509_strict", ...conditions, "-CAfile", file(ca), file(pem));
  return /: OK\s*$/.test(said) ? "OK" : (/error (\d+) at/.exec(said)?.[1] ?? said);
}

const issue = async (pki: Pki, recipe: CertificateRecipe) => (await pki.issue(recipe.profile, recipe)).chain;

describe.skipIf(missing)(missing ? "openssl (skipped: openssl is missing)" : "openssl", () => {
  test.each(KEY_TYPES)("%s: the CA has exactly the fields it should", async (keyType) => {
    const { Issuer, Subject, ...fields } = decode((await createPki({ keyType, hosts: HOSTS })).trust("ca"));
    expect(Subject).toMatch(/^O = nats-sandbox, CN = nats-sandbox CA [0-9a-f]{8}$/);
    expect(Issuer).toBe(Subject);
    expect(fields.Version).toBe("3 (0x2)");
    expect(fields["X509v3 Authority Key Identifier"]).toBe(fields["X509v3 Subject Key Identifier"]);
    expect(fields["X509v3 Subject Key Identifier"]).toMatch(/^([0-9A-F]{2}:){19}[0-9A-F]{2}$/);
    expect(extensions(fields)).toEqual({
      "Basic Constraints": "critical CA:TRUE, pathlen:0",
      "Key Usage": "critical Certificate Sign, CRL Sign",
      "Name Constraints":
        "critical Permitted: DNS:localhost DNS:invalid IP:127.0.0.0/255.0.0.0 IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF DNS:nats.example.test DNS:wild.test IP:10.1.2.3/255.255.255.255 IP:2001:DB8:0:0:0:0:0:7/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF",
    });
  });

  test.each(KEY_TYPES)("%s: leaves have exactly the fields they should", async (keyType) => {
    const pki = await createPki({ keyType });
    const ca = decode(pki.trust("ca"));
    const names = "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1";
    const signOnly = "critical Digital Signature";
    const server = keyType === "rsa2048" ? `${signOnly}, Key Encipherment` : signOnly;
    const [serverAuth, clientAuth] = ["TLS Web Server Authentication", "TLS Web Client Authentication"];
    for (const [profile, expected] of [
      [
        "server",
        { "Key Usage": server, "Extended Key Usage": serverAuth, "Subject Alternative Name": names },
      ],
      ["client", { "Key Usage": signOnly, "Extended Key Usage": clientAuth }],
      [
        "peer",
        {
          "Key Usage": server,
          "Extended Key Usage": `${serverAuth}, ${clientAuth}`,
          "Subject Alternative Name": names,
        },
      ],
    ] as const) {
      const fields = decode(await issue(pki, { profile }));
      expect(extensions(fields), profile).toEqual({ "Basic Constraints": "critical CA:FALSE", ...expected });
      expect(fields["X509v3 Authority Key Identifier"]).toBe(ca["X509v3 Subject Key Identifier"]);
      expect(fields["X509v3 Subject Key Identifier"]).not.toBe(ca["X509v3 Subject Key Identifier"]);
      expect(fields.Issuer).toBe(ca.Subject);
      expect(fields.Subject).toBe(`CN = ${profile}`);
      expect(fields["Signature Algorithm"]).toBe(
        {
          p256: "ecdsa-with-SHA256",
          p384: "ecdsa-with-SHA384",
          rsa2048: "sha256WithRSAEncryption",
          ed25519: "ED25519",
        }[keyType],
      );
    }
  });

  test("every text of a name is a UTF8String", async () => {
    const chain = await issue(await createPki(), { profile: "client", commonName: "Zoë" });
    const dump = openssl("asn1parse", "-in", file(chain));
    expect(dump.match(/UTF8STRING/g)).toHaveLength(3);
    expect(dump).not.toMatch(/PRINTABLESTRING|T61STRING|BMPSTRING/);
  });

  test.each(KEY_TYPES)("%s: strict verification for each use and each name", async (keyType) => {
    const pki = await createPki({ keyType, hosts: HOSTS });
    const ca = pki.trust("ca");
    const server = await issue(pki, { profile: "server" });
    const peer = await issue(pki, { profile: "peer" });
    for (const host of ["localhost", "nats.example.test", "any.wild.test"]) {
      expect(verify(server, ca, "-purpose", "sslserver", "-verify_hostname", host), host).toBe("OK");
    }
    for (const address of ["127.0.0.1", "::1", "10.1.2.3", "2001:db8::7"]) {
      expect(verify(peer, ca, "-purpose", "sslserver", "-verify_ip", address), address).toBe("OK");
    }
    for (const [profile, purpose, says] of [
      ["client", "sslclient", "OK"],
      ["peer", "sslclient", "OK"],
      ["server", "sslclient", "26"],
      ["client", "sslserver", "26"],
    ] as const) {
      expect(verify(await issue(pki, { profile }), ca, "-purpose", purpose), `${profile} as ${purpose}`).toBe(
        says,
      );
    }
    expect(verify(ca, ca)).toBe("OK");
  });

  /** What differs from the good twin beside what is every certificate's own; OpenSSL's error; what takes it away. */
  const FAULTS: Readonly<
    Record<FaultName, { readonly changes: readonly string[]; readonly error: string; readonly cure: Cure }>
  > = {
    expired: { changes: ["Not After"], error: "10", cure: { conditions: ["-no_check_time"] } },
    "not-yet-valid": { changes: ["Not Before"], error: "9", cure: { conditions: ["-no_check_time"] } },
    "wrong-host": {
      changes: ["X509v3 Subject Alternative Name"],
      error: "62",
      cure: { host: "wrong-host.invalid" },
    },
    stranger: {
      changes: ["Issuer", "X509v3 Authority Key Identifier"],
      error: "20",
      cure: { trust: "stranger" },
    },
    "twin-ca": { changes: [], error: "7", cure: { trust: "twin-ca" } },
    "self-signed": {
      changes: ["Issuer", "X509v3 Authority Key Identifier"],
      error: "18",
      cure: { trust: "itself" },
    },
    "server-eku-only": {
      changes: ["X509v3 Extended Key Usage"],
      error: "26",
      cure: { purpose: "sslserver" },
    },
    "no-eku": { changes: ["X509v3 Extended Key Usage"], error: "OK", cure: {} },
    "no-san": { changes: ["X509v3 Subject Alternative Name"], error: "62", cure: { host: null } },
  };
  interface Cure {
    readonly conditions?: readonly string[];
    readonly host?: string | null;
    readonly trust?: TrustName | "itself";
    readonly purpose?: string;
  }

  const COMBINATIONS = (["server", "client", "peer"] as const).flatMap((profile) =>
    (Object.keys(FAULTS) as FaultName[])
      .filter((fault) => !(profile === "client" && FAULTS[fault].error === "62"))
      .filter((fault) => !(profile === "server" && fault === "server-eku-only"))
      .map((fault) => [profile, fault] as const),
  );

  test.each(COMBINATIONS)(
    "%s, %s: differs in that alone, is refused for it and for nothing else",
    async (profile, fault) => {
      const pki = await createPki();
      const bad = await issue(pki, { profile, fault });
      const good = await issue(pki, { profile });
      const { changes, error, cure } = FAULTS[fault];
      const dials = profile === "client" || fault === "server-eku-only";
      expect(differences(decode(good), decode(bad))).toEqual(changes);

      const judge = (
        pem: string,
        {
          conditions = [],
          host = "localhost",
          trust = "ca",
          purpose = dials ? "sslclient" : "sslserver",
        }: Cure,
      ) =>
        verify(
          pem,
          trust === "itself" ? pem : pki.trust(trust),
          ...conditions,
          "-purpose",
          purpose,
          ...(profile === "client" || host === null ? [] : ["-verify_hostname", host]),
        );
      expect(judge(good, {})).toBe("OK");
      expect(judge(bad, {})).toBe(error);
      expect(judge(bad, cure)).toBe("OK");
    },
  );
});

const OWN = new Set(["Serial Number", "Signature Value", "pub", "X509v3 Subject Key Identifier"]);

function differences(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): readonly string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => !OWN.has(name) && one[name] !== other[name]).sort();
}

/** Extensions without their prefix, the key identifiers apart. */
function extensions(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const found = Object.entries(fields).filter(([name]) => /^X509v3 (?!.*Identifier|extensions)/.test(name));
  return Object.fromEntries(found.map(([name, value]) => [name.slice("X509v3 ".length), value]));
}
