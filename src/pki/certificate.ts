/** Writes one X.509 v3 certificate (RFC 5280) from plain fields and the issuer's key. */
import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import {
  type Asn1,
  bitString,
  boolTrue,
  encode,
  integer,
  octetString,
  oid,
  sequence,
  set,
  tagged,
  taggedBytes,
  time,
  utf8String,
} from "./der.ts";
import { addressBytes } from "./hosts.ts";
import { type Keys, publicKeyInfo, signature, signatureAlgorithm } from "./keys.ts";

/** Key usages by name: their bit in the BIT STRING, the first being the highest (§4.2.1.3). */
export const KEY_USAGES = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;
export type KeyUsage = keyof typeof KEY_USAGES;

/** Extended key usages by name (§4.2.1.12). */
export const EXTENDED_KEY_USAGES = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;
export type ExtendedKeyUsage = keyof typeof EXTENDED_KEY_USAGES;

/** A distinguished name. */
export interface Name {
  readonly O?: string;
  readonly CN: string;
}

/** Who signs: its own certificate's subject and key identifier, and its key. */
export interface Issuer {
  readonly subject: Name;
  readonly keyId: Buffer;
  readonly keys: Keys;
}

interface CertificateFields {
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keys: Keys;
  readonly keyId: Buffer;
  readonly keyUsage: readonly KeyUsage[];
  readonly extendedKeyUsage: readonly ExtendedKeyUsage[];
  /** DNS names and IP addresses. */
  readonly subjectAltName: readonly string[];
  /** Makes it a CA. */
  readonly authority?: Authority;
}

interface Authority {
  /** How many CAs may stand below it. */
  readonly pathLength: number;
  /** DNS names, which stand for what is below them too, addresses, and ranges such as `127.0.0.0/8`. */
  readonly permitted: readonly string[];
}

const ATTRIBUTES = { O: "2.5.4.10", CN: "2.5.4.3" } as const;

/** GeneralName tags (§4.2.1.6). */
const DNS = 2;
const IP = 7;

/** The DER encoding of a certificate signed by `issuer`. */
export function createCertificate(fields: CertificateFields, issuer: Issuer): Buffer {
  const algorithm = signatureAlgorithm(issuer.keys);
  const toBeSigned = sequence(
    tagged(0, integer(2)), // v3
    integer(serialNumber()),
    algorithm,
    distinguishedName(issuer.subject),
    sequence(time(fields.notBefore), time(fields.notAfter)),
    distinguishedName(fields.subject),
    publicKeyInfo(fields.keys),
    tagged(3, sequence(...extensions(fields, issuer))),
  );
  return encode(sequence(toBeSigned, algorithm, signature(toBeSigned, issuer.keys)));
}

/** 16 random bytes, positive and minimal because the first is 0x40 to 0x7f (§4.1.2.2 allows 20 bytes). */
export function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

/** UTF8String throughout (§4.1.2.4): a PrintableString cannot hold `@`, `*` or `ü`. */
function distinguishedName(name: Name): Asn1 {
  const attributes = (["O", "CN"] as const).flatMap((type) => {
    const value = name[type];
    return value === undefined ? [] : [set(sequence(oid(ATTRIBUTES[type]), utf8String(value)))];
  });
  return sequence(...attributes);
}

function extensions(fields: CertificateFields, issuer: Issuer): readonly Asn1[] {
  const { authority, extendedKeyUsage, subjectAltName } = fields;
  return [
    extension("2.5.29.19", "critical", basicConstraints(authority)),
    extension("2.5.29.15", "critical", keyUsageBits(fields.keyUsage)),
    ...(extendedKeyUsage.length === 0 ? [] : [extension("2.5.29.37", "", usages(extendedKeyUsage))]),
    extension("2.5.29.14", "", octetString(fields.keyId)),
    // By key identifier alone: verifiers of the Web PKI refuse an issuer and serial number here.
    extension("2.5.29.35", "", sequence(taggedBytes(0, issuer.keyId))),
    ...(subjectAltName.length === 0
      ? []
      : [extension("2.5.29.17", "", sequence(...subjectAltName.map(generalName)))]),
    ...(authority === undefined
      ? []
      : [extension("2.5.29.30", "critical", nameConstraints(authority.permitted))]),
  ];
}

function extension(id: string, critical: "critical" | "", value: Asn1): Asn1 {
  return sequence(oid(id), ...(critical ? [boolTrue()] : []), octetString(encode(value)));
}

/** §4.2.1.9: of a leaf it is empty, `cA` being FALSE by default. */
function basicConstraints(authority: Authority | undefined): Asn1 {
  return authority === undefined ? sequence() : sequence(boolTrue(), integer(authority.pathLength));
}

/** A named bit list, so trailing zero bits do not count (X.690 §11.2.2). */
function keyUsageBits(usage: readonly KeyUsage[]): Asn1 {
  const bits = usage.map((name) => KEY_USAGES[name]);
  const byte = bits.reduce<number>((sum, bit) => sum | (0x80 >> bit), 0);
  return bitString(Buffer.of(byte), 7 - Math.max(...bits));
}

function usages(names: readonly ExtendedKeyUsage[]): Asn1 {
  return sequence(...names.map((name) => oid(EXTENDED_KEY_USAGES[name])));
}

function generalName(name: string): Asn1 {
  return isIP(name) === 0
    ? taggedBytes(DNS, Buffer.from(name, "ascii"))
    : taggedBytes(IP, addressBytes(name));
}

/** §4.2.1.10: an address is followed by its mask. Address ranges must be listed, or any address would be permitted. */
function nameConstraints(permitted: readonly string[]): Asn1 {
  return sequence(tagged(0, ...permitted.map((name) => sequence(subtree(name)))));
}

/** A wildcard is permitted by the domain it stands in, an address by the range of itself alone. */
function subtree(permitted: string): Asn1 {
  const [name = "", prefix] = permitted.split("/");
  if (isIP(name) === 0) return generalName(name.replace(/^\*\./, ""));
  const bytes = addressBytes(name);
  const bits = prefix === undefined ? 8 * bytes.length : Number(prefix);
  return taggedBytes(IP, Buffer.concat([bytes, mask(bytes.length, bits)]));
}

/** The first `prefix` bits of `length` bytes. */
function mask(length: number, prefix: number): Buffer {
  return Buffer.from(
    Array.from({ length }, (_, index) => 0xff & ~(0xff >> Math.min(8, Math.max(0, prefix - 8 * index)))),
  );
}
