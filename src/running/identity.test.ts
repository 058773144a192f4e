/** What is kept of a mode for the next run: all of it as long as it is good, and none of it otherwise. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Mode } from "../model.ts";
import { createPki } from "../pki/pki.ts";
import { type CertificateOptions, type Material, makeMaterial } from "../resolve.ts";
import { selectMode } from "../select.ts";
import { modeOf } from "../testing/state-home.ts";
import { type Identity, loadIdentity, saveIdentity } from "./identity.ts";

const DAY = 24 * 3600 * 1000;
const PORTS = { server: { client: 4222 } };

let dir: string;
let lasting: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nats-sandbox-identity-"));
  lasting = join(dir, "name/identity");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const later = (ms: number) => new Date(Date.now() + ms);
const pathOf = ({ name }: Mode) => join(lasting, `${name}.json`);
const stored = (mode: Mode) => JSON.parse(readFileSync(pathOf(mode), "utf8"));
const change = (mode: Mode, changes: object) =>
  writeFileSync(pathOf(mode), JSON.stringify({ ...stored(mode), ...changes }));

async function save(
  name: string,
  options: CertificateOptions = {},
  now?: Date,
): Promise<Identity & { mode: Mode }> {
  const mode = selectMode(name);
  const material = now === undefined ? await makeMaterial(mode, options) : await materialOf(mode, now);
  saveIdentity(lasting, mode, options, { material, ports: PORTS });
  return { mode, material, ports: PORTS };
}

/** What a run at another time would have made. */
async function materialOf(mode: Mode, now: Date): Promise<Material> {
  const pki = await createPki({ now });
  const issue = async ([name, recipe]: [string, Parameters<typeof pki.issue>[1]]) =>
    [name, await pki.issue(name, recipe)] as const;
  const pairs = await Promise.all(Object.entries(mode.certificates ?? {}).map(issue));
  const { secrets } = await makeMaterial({ ...mode, certificates: {} }, {});
  return { secrets, pairs: Object.fromEntries(pairs), trust: (name) => pki.trust(name) };
}

describe("an identity", () => {
  it.each(["open", "user-pass", "user-pass-bcrypt", "tls-verify", "tls-user-pass"])(
    "of %s comes back whole",
    async (name) => {
      const { mode, material } = await save(name);
      const found = loadIdentity(lasting, mode, {});
      expect(found).toMatchObject({
        ports: PORTS,
        material: { secrets: material.secrets, pairs: material.pairs },
      });
      if (mode.certificates !== undefined)
        for (const trust of ["ca", "stranger", "twin-ca"] as const)
          expect(found?.material.trust(trust)).toBe(material.trust(trust));
    },
  );

  it("is private, and holds no key of a CA", async () => {
    const { mode, material } = await save("tls-verify");
    expect([lasting, pathOf(mode)].map(modeOf)).toEqual(["700", "600"]);
    expect(readdirSync(lasting)).toEqual(["tls-verify.json"]);
    const keys = Object.values(material.pairs).map(({ key }) => key);
    expect(readFileSync(pathOf(mode), "utf8").match(/BEGIN [A-Z ]*PRIVATE KEY/g)).toHaveLength(keys.length);
    for (const name of ["ca", "stranger", "twin-ca"] as const) {
      const authority = new X509Certificate(material.trust(name)).publicKey.export({
        type: "spki",
        format: "pem",
      });
      for (const key of keys) expect(publicOf(key)).not.toBe(authority);
    }
  });

  it("takes the place of an earlier one, and that of no other mode", async () => {
    const [first, other] = [await save("token"), await save("tls")];
    const second = await save("token");
    expect(second.material.secrets).not.toEqual(first.material.secrets);
    expect(loadIdentity(lasting, second.mode, {})?.material.secrets).toEqual(second.material.secrets);
    expect(loadIdentity(lasting, other.mode, {})?.material.pairs).toEqual(other.material.pairs);
  });

  it("is for the hosts and the kind of key it was made for", async () => {
    const options = { hosts: ["nats.example.test"], keyType: "p384" } as const;
    const { mode, material } = await save("tls", options);
    expect(loadIdentity(lasting, mode, options)?.material.pairs).toEqual(material.pairs);
    for (const others of [
      {},
      { hosts: ["nats.example.test"] },
      { keyType: "p384" as const },
      { ...options, hosts: ["nats.example.test", "192.0.2.7"] },
      { ...options, keyType: "rsa2048" as const },
    ])
      expect(loadIdentity(lasting, mode, others), JSON.stringify(others)).toBeUndefined();
  });

  it("is for the mode's data as they were", async () => {
    const { mode } = await save("tls-user-pass");
    const { certificates = {}, secrets = {} } = mode;
    const [[name = "", recipe] = []] = Object.entries(certificates);
    const others: readonly Partial<Mode>[] = [
      { certificates: { ...certificates, more: { profile: "client" } } },
      { certificates: { ...certificates, [name]: { ...recipe, commonName: "other" } as never } },
      { secrets: { ...secrets, more: { kind: "token" } } },
      { secrets: { ...secrets, app: { kind: "password", user: "other" } } },
    ];
    for (const other of others) expect(loadIdentity(lasting, { ...mode, ...other }, {})).toBeUndefined();
    expect(loadIdentity(lasting, { ...mode, title: "another title", checks: {} }, {})).toBeDefined();
  });
});

describe("a clock", () => {
  it("that has moved on gives new certificates a day before one of them ends, not sooner", async () => {
    const { mode, material } = await save("tls");
    const chains = [material.trust("ca"), ...Object.values(material.pairs).map(({ chain }) => chain)];
    const end = Math.min(...chains.map((pem) => Date.parse(new X509Certificate(pem).validTo)));
    expect(loadIdentity(lasting, mode, {}, new Date(end - DAY - 1000))).toBeDefined();
    expect(loadIdentity(lasting, mode, {}, new Date(end - DAY + 1000))).toBeUndefined();
  });

  it("that has moved on gives new ones a day before one becomes good that must not be, not sooner", async () => {
    const { mode, material } = await save("tls-verify");
    const start = Date.parse(new X509Certificate(material.pairs["not-yet-valid"]?.chain ?? "").validFrom);
    expect(loadIdentity(lasting, mode, {}, new Date(start - DAY - 1000))).toBeDefined();
    expect(loadIdentity(lasting, mode, {}, new Date(start - DAY + 1000))).toBeUndefined();
  });

  it.each([-365, -1, 27.5, 365])("that is %s days off gives new ones", async (days) => {
    for (const name of ["tls", "tls-verify"]) {
      const { mode } = await save(name);
      expect(loadIdentity(lasting, mode, {}, later(days * DAY)), name).toBeUndefined();
    }
  });

  it.each([-365, -28, -27.5, 1])("that was %s days off when they were made gives new ones", async (days) => {
    const { mode } = await save("tls-verify", {}, later(days * DAY));
    expect(loadIdentity(lasting, mode, {})).toBeUndefined();
  });

  it("that has gone back gives new ones when one is good again that must not be", async () => {
    const back = later((-45 * DAY) / 24 / 60);
    const [verify, plain] = [await save("tls-verify"), await save("tls")];
    expect(loadIdentity(lasting, verify.mode, {}, back)).toBeUndefined();
    expect(loadIdentity(lasting, plain.mode, {}, back)).toBeDefined();
  });

  it("does not matter to secrets", async () => {
    const { mode, material } = await save("user-pass-bcrypt");
    expect(loadIdentity(lasting, mode, {}, later(3650 * DAY))?.material.secrets).toEqual(material.secrets);
  });

  it("an hour or a day later changes nothing", async () => {
    const { mode, material } = await save("tls-verify", {}, later(-DAY));
    expect(loadIdentity(lasting, mode, {})?.material.pairs).toEqual(material.pairs);
    expect(loadIdentity(lasting, mode, {}, later(DAY / 24))?.material.pairs).toEqual(material.pairs);
  });
});

describe("what is not a whole identity is none", () => {
  const whole = (mode: Mode) => readFileSync(pathOf(mode), "utf8");
  const write = (mode: Mode, text: string) => writeFileSync(pathOf(mode), text);
  it.each<[string, (mode: Mode) => void]>([
    ["no file", (mode) => rmSync(pathOf(mode))],
    ["an empty file", (mode) => write(mode, "")],
    ["half a file", (mode) => write(mode, whole(mode).slice(0, whole(mode).length / 2))],
    ["another document", (mode) => write(mode, "[1]")],
    ["null", (mode) => write(mode, "null")],
    ["one of a later schema", (mode) => change(mode, { schema: 2 })],
    ["one without a schema", (mode) => change(mode, { schema: undefined })],
    ["one without secrets", (mode) => change(mode, { secrets: undefined })],
    ["one without certificates", (mode) => change(mode, { pairs: undefined })],
    ["one without CAs", (mode) => change(mode, { trust: undefined })],
    ["one without the CA", (mode) => change(mode, { trust: { ...stored(mode).trust, ca: undefined } })],
    ["one with a broken CA", (mode) => change(mode, { trust: { ...stored(mode).trust, ca: "-" } })],
    [
      "one that lacks a certificate",
      (mode) => change(mode, { pairs: { ...stored(mode).pairs, server: undefined } }),
    ],
    [
      "one with a broken certificate",
      (mode) => change(mode, { pairs: { ...stored(mode).pairs, server: { chain: "-", key: "-" } } }),
    ],
  ])("%s", async (_, spoil) => {
    const { mode } = await save("tls-user-pass");
    expect(loadIdentity(lasting, mode, {})).toBeDefined();
    spoil(mode);
    expect(loadIdentity(lasting, mode, {})).toBeUndefined();
  });
});

function publicOf(key: string): string {
  return createPublicKey(createPrivateKey(key)).export({ type: "spki", format: "pem" }).toString();
}
