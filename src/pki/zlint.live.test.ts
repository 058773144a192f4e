/** Certificates as zlint judges them: by the RFCs without a word, and by the rules of browsers but for what only a public CA can do. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeyType } from "../model.ts";
import { createPki } from "./pki.ts";

/** Also where `go install` puts it. */
const env = { ...process.env, PATH: [process.env.PATH, join(homedir(), "go", "bin")].join(delimiter) };
const required = (process.env.NATS_SANDBOX_TEST_REQUIRE ?? "").split(/[ ,]+/).includes("zlint");
const missing = spawnSync("zlint", ["-version"], { env }).error !== undefined && !required;

const RFC_ONLY = "-excludeSources=CABF_BR,CABF_EV,CABF_SMIME_BR,ETSI_ESI,Mozilla,Apple";

/** What a CA that nobody but its owner trusts cannot have: public names and addresses, a country, CRLs, OCSP, a policy. */
const PUBLIC_ONLY = [
  "e_dnsname_not_valid_tld",
  "e_ext_san_contains_reserved_ip",
  "e_sub_cert_aia_missing",
  "e_sub_cert_aia_does_not_contain_ocsp_url",
  "e_sub_cert_cert_policy_empty",
  "e_sub_cert_certificate_policies_missing",
  "e_ca_country_name_missing",
  "e_ext_nc_intersects_reserved_ip",
  "e_missing_crl_distrib_point",
];

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nats-sandbox-zlint-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The lints that found an error, a fatal one or a warning, by name. */
function lint(pem: string, ...parameters: readonly string[]): Readonly<Record<string, string>> {
  const path = join(dir, "linted.pem");
  writeFileSync(path, pem);
  const { stdout, stderr, error } = spawnSync("zlint", [...parameters, path], { encoding: "utf8", env });
  if (error) throw error;
  if (stdout === "") throw new Error(stderr);
  const results = Object.entries(JSON.parse(stdout) as Record<string, { readonly result: string }>);
  expect(results.filter(([, { result }]) => result === "pass").length).toBeGreaterThan(20);
  return Object.fromEntries(
    results
      .filter(([, { result }]) => ["warn", "error", "fatal"].includes(result))
      .map(([name, { result }]) => [name, result]),
  );
}

async function certificates(keyType: KeyType): Promise<readonly (readonly [string, string])[]> {
  const pki = await createPki({ keyType, hosts: ["nats.example.com", "192.0.2.7"] });
  // The rules of browsers want the common name to be one of the names.
  const issue = async (profile: "server" | "client" | "peer") =>
    [profile, (await pki.issue("localhost", { profile })).chain] as const;
  return [["ca", pki.trust("ca")], await issue("server"), await issue("client"), await issue("peer")];
}

describe.skipIf(missing)(missing ? "zlint (skipped: zlint is missing)" : "zlint", () => {
  test.each<KeyType>(["p256", "p384", "rsa2048", "ed25519"])(
    "%s: no error and no warning by the RFCs",
    async (keyType) => {
      for (const [name, pem] of await certificates(keyType)) expect(lint(pem, RFC_ONLY), name).toEqual({});
    },
  );

  test.each<KeyType>(["p256", "rsa2048"])(
    "%s: no error by any rule that a private CA can keep",
    async (keyType) => {
      for (const [name, pem] of await certificates(keyType)) {
        const errors = Object.entries(lint(pem)).filter(
          ([lintName, result]) => result !== "warn" && !PUBLIC_ONLY.includes(lintName),
        );
        expect(errors, name).toEqual([]);
      }
    },
  );

  test("finds fault where there is one", async () => {
    const pki = await createPki();
    const { chain } = await pki.issue("localhost", { profile: "server", fault: "no-eku" });
    expect(lint(chain)).toMatchObject({ e_sub_cert_eku_missing: "error" });
  });
});
