/** DER encoding (X.690): small functions over node-forge's ASN.1 writer, which is all of forge that is loaded. */
import asn1 from "node-forge/lib/asn1.js";

/** An ASN.1 value that is not encoded yet. */
export type Asn1 = asn1.Asn1;

const { Class, Type } = asn1;

export function sequence(...items: readonly Asn1[]): Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...items]);
}

export function set(...items: readonly Asn1[]): Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.SET, true, [...items]);
}

/** An object identifier from its dotted form. */
export function oid(dotted: string): Asn1 {
  return primitive(Type.OID, asn1.oidToDer(dotted).getBytes());
}

/** An INTEGER: a small number, or big-endian two's complement bytes that are minimal already. */
export function integer(value: number | Buffer): Asn1 {
  return primitive(
    Type.INTEGER,
    typeof value === "number" ? asn1.integerToDer(value).getBytes() : binary(value),
  );
}

/** The only BOOLEAN that DER writes: a FALSE that is the default is left out (X.690 §11.5). */
export function boolTrue(): Asn1 {
  return primitive(Type.BOOLEAN, "\xff");
}

export function nullValue(): Asn1 {
  return primitive(Type.NULL, "");
}

export function octetString(bytes: Buffer): Asn1 {
  return primitive(Type.OCTETSTRING, binary(bytes));
}

/** A BIT STRING whose last byte has `unused` bits (0 to 7) that do not count. */
export function bitString(bytes: Buffer, unused = 0): Asn1 {
  return primitive(Type.BITSTRING, String.fromCharCode(unused) + binary(bytes));
}

export function utf8String(text: string): Asn1 {
  return primitive(Type.UTF8, binary(Buffer.from(text, "utf8")));
}

/** A BMPString (UCS-2): text must not leave the Basic Multilingual Plane. */
export function bmpString(text: string): Asn1 {
  return primitive(Type.BMPSTRING, text);
}

/** UTCTime until 2049, GeneralizedTime afterwards (RFC 5280 §4.1.2.5); whole seconds. */
export function time(date: Date): Asn1 {
  return date.getUTCFullYear() < 2050
    ? primitive(Type.UTCTIME, asn1.dateToUtcTime(date))
    : primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date));
}

/** `[number]` around other values. */
export function tagged(number: number, ...items: readonly Asn1[]): Asn1 {
  return asn1.create(Class.CONTEXT_SPECIFIC, number, true, [...items]);
}

/** `[number] IMPLICIT` of a string type, from its bytes. */
export function taggedBytes(number: number, bytes: Buffer): Asn1 {
  return asn1.create(Class.CONTEXT_SPECIFIC, number, false, binary(bytes));
}

export function encode(value: Asn1): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), "latin1");
}

/** PEM text (RFC 7468), with a final newline. */
export function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function primitive(type: asn1.Type, bytes: string): Asn1 {
  return asn1.create(Class.UNIVERSAL, type, false, bytes);
}

/** Forge holds bytes as text with one character a byte. */
function binary(bytes: Buffer): string {
  return bytes.toString("latin1");
}
