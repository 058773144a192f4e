/** What a certificate says: every field that an engineer asks for, read back from its PEM. */
import { X509Certificate } from "node:crypto";
import asn1 from "node-forge/lib/asn1.js";
import type { Asn1 } from "./der.ts";

export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** Upper-case hex. */
  readonly serial: string;
  /** Names of subjectAltName: `localhost`, `127.0.0.1`, `::1`. */
  readonly names: readonly string[];
  readonly keyUsage: readonly string[];
  readonly extendedKeyUsage: readonly string[];
  readonly ca: boolean;
  /** The only names and addresses that a certificate of this CA may carry; empty: no limit. */
  readonly nameConstraints: readonly string[];
  /** `P-256`, `RSA 2048`, … */
  readonly key: string;
  readonly signature: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the certificate, hex with colons, as browsers and openssl show it. */
  readonly sha256: string;
}

/** RFC 5280 §4.2.1.3, by bit. */
const KEY_USAGES = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
];

/** RFC 5280 §4.2.1.12. */
const PURPOSES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.9": "OCSPSigning",
};

const SIGNATURES: Readonly<Record<string, string>> = {
  "1.2.840.10045.4.3.2": "ECDSA with SHA-256",
  "1.2.840.10045.4.3.3": "ECDSA with SHA-384",
  "1.2.840.113549.1.1.11": "RSA with SHA-256",
  "1.3.101.112": "Ed25519",
};

const SUBJECT_ALT_NAME = "2.5.29.17";
const KEY_USAGE = "2.5.29.15";
const NAME_CONSTRAINTS = "2.5.29.30";

/** @throws Error for a text that is no certificate */
export function describeCertificate(pem: string): CertificateFacts {
  const certificate = new X509Certificate(pem);
  const [body, algorithm] = childrenOf(parse(certificate.raw));
  const extensions = extensionsOf(body);
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    serial: certificate.serialNumber,
    names: childrenOf(extensions.get(SUBJECT_ALT_NAME)).map(generalName),
    keyUsage: keyUsage(extensions.get(KEY_USAGE)),
    extendedKeyUsage: (certificate.keyUsage ?? []).map((purpose) => PURPOSES[purpose] ?? purpose),
    ca: certificate.ca,
    nameConstraints: permitted(extensions.get(NAME_CONSTRAINTS)),
    key: keyName(certificate),
    signature: signatureName(algorithm),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    sha256: certificate.fingerprint256,
  };
}

/** The certificates in a PEM text, each a PEM of its own. */
export function pemCertificates(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** Did this CA sign that certificate? Names alone do not tell: a twin has the same. */
export function isSignedBy(pem: string, ca: string): boolean {
  const [certificate, issuer] = [new X509Certificate(pem), new X509Certificate(ca)];
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function oneLine(name: string): string {
  return name.split("\n").join(", ");
}

function keyName({ publicKey }: X509Certificate): string {
  const { namedCurve, modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return `RSA ${modulusLength}`;
  const curves: Readonly<Record<string, string>> = { prime256v1: "P-256", secp384r1: "P-384" };
  if (namedCurve !== undefined) return curves[namedCurve] ?? namedCurve;
  return publicKey.asymmetricKeyType === "ed25519" ? "Ed25519" : (publicKey.asymmetricKeyType ?? "unknown");
}

function signatureName(algorithm: Asn1 | undefined): string {
  const [id] = childrenOf(algorithm);
  const dotted = id === undefined ? "" : asn1.derToOid(bytesOf(id));
  return SIGNATURES[dotted] ?? dotted;
}

// ---- structure (RFC 5280 §4.1) --------------------------------------------------------------------------------------

function parse(der: Buffer | string): Asn1 {
  return asn1.fromDer(Buffer.isBuffer(der) ? der.toString("latin1") : der);
}

function childrenOf(value: Asn1 | undefined): readonly Asn1[] {
  return Array.isArray(value?.value) ? value.value : [];
}

/** Forge holds bytes as text with one character a byte. */
function bytesOf({ value }: Asn1): string {
  return typeof value === "string" ? value : "";
}

/** The decoded values of the extensions, by dotted identifier. */
function extensionsOf(body: Asn1 | undefined): ReadonlyMap<string, Asn1> {
  const tagged = childrenOf(body).find(
    ({ tagClass, type }) => tagClass === asn1.Class.CONTEXT_SPECIFIC && Number(type) === 3,
  );
  const [list] = childrenOf(tagged);
  return new Map(
    childrenOf(list).flatMap((extension) => {
      const parts = childrenOf(extension);
      const [id, value] = [parts[0], parts.at(-1)];
      return id === undefined || value === undefined
        ? []
        : [[asn1.derToOid(bytesOf(id)), parse(bytesOf(value))] as const];
    }),
  );
}

function keyUsage(value: Asn1 | undefined): readonly string[] {
  const bits = value === undefined ? Buffer.alloc(0) : Buffer.from(bytesOf(value).slice(1), "latin1");
  return KEY_USAGES.filter((_, bit) => ((bits[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

function permitted(value: Asn1 | undefined): readonly string[] {
  const [subtrees] = childrenOf(value).filter(({ type }) => Number(type) === 0);
  return childrenOf(subtrees).flatMap((subtree) => childrenOf(subtree).slice(0, 1).map(generalName));
}

/** e-mail [1], DNS [2], URI [6] are text; an address [7] is 4 or 16 bytes, and twice that with its mask. */
function generalName(name: Asn1): string {
  if (Number(name.type) !== 7) return bytesOf(name);
  const bytes = Buffer.from(bytesOf(name), "latin1");
  const length = bytes.length === 4 || bytes.length === 16 ? bytes.length : bytes.length / 2;
  const mask = [...bytes.subarray(length)].map((byte) => byte.toString(2)).join("");
  return `${address(bytes.subarray(0, length))}${mask === "" ? "" : `/${mask.replaceAll("0", "").length}`}`;
}

function address(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = bytes.toString("hex").match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1); // as RFC 5952 writes it
}
