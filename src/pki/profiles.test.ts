/** The packaged YAML files, and what is said of broken ones. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { FaultName, ProfileName } from "../model.ts";
import { type LeafName, loadCatalogue, parseCatalogue, profileOf } from "./profiles.ts";

const packaged = (file: string) => readFileSync(new URL(`../../certs/${file}`, import.meta.url), "utf8");
const PROFILES = packaged("profiles.yaml");
const FAULTS = packaged("faults.yaml");
const LEAVES: readonly LeafName[] = ["server", "client", "peer"];
const DAY = 86_400_000;

test("the catalogue is read once", () => {
  expect(loadCatalogue()).toBe(loadCatalogue());
});

test("every fault of the vocabulary is in the file, and no other", async () => {
  const names: Readonly<Record<FaultName, true>> = {
    expired: true,
    "not-yet-valid": true,
    "wrong-host": true,
    stranger: true,
    "twin-ca": true,
    "self-signed": true,
    "server-eku-only": true,
    "no-eku": true,
    "no-san": true,
  };
  expect([...(await loadCatalogue()).faults.keys()].sort()).toEqual(Object.keys(names).sort());
});

test("every profile is described in sentences, every fault in a phrase that an error can quote", async () => {
  const { ca, leaves, faults } = await loadCatalogue();
  for (const { description } of [ca, ...Object.values(leaves)]) expect(description).toMatch(/^[A-Z].*\.$/);
  for (const { description } of faults.values()) expect(description).toMatch(/^[a-z].*[^.]$/);
});

test("leaves live 7 to 30 days, the CA at most 398 and longer than they, and all began an hour ago", async () => {
  const { ca, leaves } = await loadCatalogue();
  for (const { notBefore, notAfter } of Object.values(leaves)) {
    expect(notBefore).toBe(-3_600_000);
    expect(notAfter - notBefore).toBeGreaterThanOrEqual(7 * DAY);
    expect(notAfter - notBefore).toBeLessThanOrEqual(30 * DAY);
    expect(ca.notAfter).toBeGreaterThan(notAfter);
  }
  expect(ca.notBefore).toBe(-3_600_000);
  expect(ca.notAfter - ca.notBefore).toBeLessThanOrEqual(398 * DAY);
});

test("a fault changes exactly one field of every profile it is for, and to another value", async () => {
  const catalogue = await loadCatalogue();
  for (const [name, { for: profiles }] of catalogue.faults) {
    for (const profile of profiles) {
      const good = Object.entries(profileOf(catalogue, { profile }));
      const bad: Readonly<Record<string, unknown>> = {
        ...profileOf(catalogue, { profile, fault: name as FaultName }),
      };
      const changed = good.filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(bad[field]));
      expect(changed, `${name} of ${profile}`).toHaveLength(1);
    }
  }
});

test("a fault that makes no sense for a profile is refused, with what it is for", async () => {
  const catalogue = await loadCatalogue();
  const nonsense = [...catalogue.faults].flatMap(([fault, { for: profiles }]) =>
    LEAVES.filter((profile) => !profiles.includes(profile)).map((profile) => `${profile} ${fault}`),
  );
  expect(nonsense.sort()).toEqual(["client no-san", "client wrong-host", "server server-eku-only"]);
  expect(() => profileOf(catalogue, { profile: "client", fault: "no-san" })).toThrow(
    expect.objectContaining({
      code: "usage",
      message: 'a client certificate cannot have the fault "no-san"',
      fix: "use it with the profile server or peer",
    }),
  );
});

test.each([
  [{ profile: "ca" as ProfileName }, 'there is no certificate profile "ca"', "server, client, peer"],
  [
    { profile: "server", fault: "rotten" },
    'there is no certificate fault "rotten"',
    "expired, not-yet-valid",
  ],
  [{ profile: "toString" }, 'there is no certificate profile "toString"', "server"],
])("%j is refused", async (recipe, message, fix) => {
  const catalogue = await loadCatalogue();
  expect(() => profileOf(catalogue, recipe as Parameters<typeof profileOf>[1])).toThrow(
    expect.objectContaining({ code: "usage", message, fix: expect.stringContaining(fix) }),
  );
});

test.each([
  ["profiles", "notAfter: 60d", "notAfter: 60", "profiles.yaml.ca.notAfter: must be a time such as"],
  ["profiles", "notAfter: 60d", "notAfter: 60w", 'is "60w"'],
  ["profiles", "  notAfter: 60d", "  notAfterr: 60d", '"notAfterr" is not one of description, subject'],
  ["profiles", "  pathLength: 0", "  # none", "ca.pathLength: must be a whole number, is missing"],
  ["profiles", "pathLength: 0", "pathLength: -1", "is -1"],
  ["profiles", "[keyCertSign, cRLSign]", "keyCertSign", "ca.keyUsage: must be a list"],
  ["profiles", "[keyCertSign, cRLSign]", "[]", "ca.keyUsage: must name at least one usage"],
  ["profiles", "[keyCertSign, cRLSign]", "[keyCertSing]", 'ca.keyUsage[0]: "keyCertSing" is not one of'],
  ["profiles", "127.0.0.0/8", "127.0.0.0/33", "must be a range such as 127.0.0.0/8"],
  ["profiles", "127.0.0.0/8", "example.test/8", "must be a range such as 127.0.0.0/8"],
  ["profiles", "127.0.0.0/8", "$host", "must be a DNS name, an IP address or $hosts"],
  ["profiles", "127.0.0.1,", "127.0.0.1.,", "server.subjectAltName[1]: must be a DNS name"],
  ["profiles", "[serverAuth]", "[emailProtection]", '"emailProtection" is not one of serverAuth, clientAuth'],
  ["profiles", "peer:", "pear:", '"pear" is not one of ca, server, client, peer'],
  ["profiles", "subject: { CN: $name }", "subject: $name", "subject: must be a mapping"],
  ["profiles", "description: Signs", "description: [] # Signs", "ca.description: must be a text"],
  ["profiles", "description: Signs", 'description: "" # Signs', "ca.description: must be a text"],
  ["profiles", "ca:", "ca: [", "certs/profiles.yaml: "],
  ["profiles", PROFILES, "", "certs/profiles.yaml: must be a mapping, is null"],
  ["faults", "notAfter: -30m", "notAfter: -30m, notBefore: -1d", "expired.set: must set exactly one field"],
  ["faults", "{ notAfter: -30m }", "{}", "expired.set: must set exactly one field"],
  ["faults", "{ notAfter: -30m }", "{ subject: x }", 'expired.set: "subject" is not one of notBefore'],
  [
    "faults",
    "issuer: stranger }",
    "issuer: nobody }",
    'stranger.set.issuer: "nobody" is not one of ca, stranger',
  ],
  ["faults", "[client, peer]", "[client, ca]", 'for[1]: "ca" is not one of server, client, peer'],
  ["faults", FAULTS, "- expired", "certs/faults.yaml: must be a mapping"],
])("%s.yaml with %j as %j is refused, and the place named", async (file, before, after, message) => {
  const changed = (name: string, text: string) => (name === file ? text.replace(before, () => after) : text);
  expect((file === "profiles" ? PROFILES : FAULTS).includes(before)).toBe(true);
  await expect(parseCatalogue(changed("profiles", PROFILES), changed("faults", FAULTS))).rejects.toThrow(
    expect.objectContaining({
      code: "bug",
      message: expect.stringContaining(message),
      fix: "undo the change to that file, or install nats-sandbox again",
    }),
  );
});
