import { describe, expect, it } from "vitest";
import { type CertificateText, certificateList, certificateText } from "./certificates.ts";
import type { Style } from "./text.ts";

const same = (text: string) => text;
const STYLE: Style = { green: same, yellow: same, dim: same, bold: same, red: (text) => `[red ${text}]` };
const DAY = 86_400_000;
const at = (days: number) => new Date(Date.now() + days * DAY + 60_000);

const LEAF: CertificateText = {
  whose: "server server",
  path: "some/where/server.pem",
  signed: true,
  subject: "CN=server",
  issuer: "O=nats-sandbox, CN=nats-sandbox CA 0123abcd",
  serial: "57B3570F3C4E06C3C45E62906AAD6F0C",
  names: Array.from({ length: 12 }, (_, i) => `host-${i}.example.test`),
  keyUsage: ["digitalSignature"],
  extendedKeyUsage: ["serverAuth", "clientAuth"],
  ca: false,
  nameConstraints: [],
  key: "RSA 2048",
  signature: "RSA with SHA-256",
  notBefore: at(-1),
  notAfter: at(28),
  sha256: Array.from({ length: 32 }, () => "AB").join(":"),
};
const CA: CertificateText = {
  ...LEAF,
  whose: "ca",
  ca: true,
  extendedKeyUsage: [],
  nameConstraints: ["localhost", "127.0.0.0/8"],
};

/** Two or more spaces as two. */
const fields = (lines: readonly string[]) => lines.map((line) => line.trim().replace(/ {2,}/g, "  "));

describe("the list", () => {
  it("has whose, key, purpose and end in columns, and below what it names and where it is", () => {
    const [mode, head, ca, ...rest] = certificateList(
      "tls",
      [CA, { ...LEAF, names: ["localhost"] }],
      STYLE,
      80,
    );
    const end = LEAF.notAfter.toISOString().slice(0, 16).replace("T", " ");
    expect(mode).toBe("tls");
    expect(fields([head ?? "", ca ?? ""])).toEqual([
      "CERTIFICATE  KEY  GOOD FOR  UNTIL (UTC)",
      `ca  RSA 2048  signing  ${end}`,
    ]);
    expect(fields(rest.slice(-3))).toEqual([
      `server server  RSA 2048  serverAuth, clientAuth  ${end}`,
      "CN=server, localhost",
      "some/where/server.pem",
    ]);
    const columns = [head, ca, rest.at(-3)].map((line) => line?.search(/UNTIL|\d{4}-/));
    expect(new Set(columns).size).toBe(1);
  });

  it("fits 80 columns, whatever the names", () => {
    const lines = certificateList("tls", [CA, LEAF], STYLE, 80);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.join(" ")).toContain("host-11.example.test");
  });

  it.each([
    ["expired", { notAfter: at(-2) }],
    ["not valid yet", { notBefore: at(2) }],
  ])("shows one that is %s in red", (what, dates) => {
    expect(certificateList("tls", [{ ...LEAF, ...dates }], STYLE, 80).join("\n")).toMatch(
      new RegExp(`\\[red .* ${what}\\]`),
    );
    expect(certificateList("tls", [LEAF], STYLE, 80).join("\n")).not.toContain("[red");
  });

  it("says of one without a purpose that it is good for anything", () => {
    expect(certificateList("tls", [{ ...LEAF, extendedKeyUsage: [] }], STYLE, 80)[2]).toContain("anything");
  });
});

describe("all of one", () => {
  it("has every field, within 80 columns", () => {
    const lines = certificateText(LEAF, STYLE, 80);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const text = fields(lines).join("\n");
    for (const part of [
      "server server\nsome/where/server.pem\n",
      "subject  CN=server\n",
      "issuer  O=nats-sandbox, CN=nats-sandbox CA 0123abcd\n",
      "signature  RSA with SHA-256, by the CA below\n",
      "serial  57B3570F3C4E06C3C45E62906AAD6F0C\n",
      "names  host-0.example.test, ",
      "key  RSA 2048\n",
      "key usage  digitalSignature\n",
      "extended usage  serverAuth, clientAuth\n",
      "is a CA  no\n",
      ", 28 days left\n",
    ])
      expect(text).toContain(part);
    expect(text.match(/AB/g)).toHaveLength(32);
    expect(text).not.toContain("may sign for");
  });

  it.each<[string, CertificateText, string]>([
    ["a CA", CA, "by itself"],
    ["a CA", CA, "may sign for  localhost, 127.0.0.0/8"],
    ["one of another CA", { ...LEAF, signed: false }, "not by the CA below"],
    ["one without names", { ...LEAF, names: [] }, "names  none"],
    ["an expired one", { ...LEAF, notAfter: at(-1) }, ", expired"],
    ["one of the last day", { ...LEAF, notAfter: at(0.5) }, "less than a day left"],
    ["one of a day", { ...LEAF, notAfter: at(1) }, "1 day left"],
  ])("says of %s: %#", (_, one, said) => {
    expect(fields(certificateText(one, STYLE, 80)).join("\n")).toContain(said);
  });
});
