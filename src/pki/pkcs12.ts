/**
 * PKCS#12 stores (RFC 7292) for Java and whoever else wants one file: PBES2 with AES-256 and HMAC-SHA-256, which OpenSSL
 * 3, Node 20 and Java from 8u301 and 11.0.12 read. Older algorithms are not written.
 */
import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  pbkdf2Sync,
  randomBytes,
  X509Certificate,
} from "node:crypto";
import { SandboxError } from "../errors.ts";
import type { KeyPair } from "../model.ts";
import {
  type Asn1,
  bmpString,
  encode,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  set,
  tagged,
  taggedBytes,
} from "./der.ts";

interface StoreOptions {
  /** PEM of the CA certificate. */
  readonly ca: string;
  /** What the entry is called; Java makes it lower case. */
  readonly alias: string;
  /** Printable ASCII. */
  readonly password: string;
}

const ITERATIONS = 10_000;
const SALT_LENGTH = 16;

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
const CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3";
const X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";
const FRIENDLY_NAME = "1.2.840.113549.1.9.20";
const LOCAL_KEY_ID = "1.2.840.113549.1.9.21";
/** Oracle's trustedKeyUsage: Java sees a certificate without a key only where this stands. */
const TRUSTED_KEY_USAGE = "2.16.840.1.113894.746875.1.1";
const ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";
const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const HMAC_SHA256 = "1.2.840.113549.2.9";
const AES256_CBC = "2.16.840.1.101.3.4.1.42";
const SHA256 = "2.16.840.1.101.3.4.2.1";

/**
 * A key store: one key under `alias`, with its certificate, any intermediates and the CA.
 * @throws SandboxError `invalid-name` or `invalid-secret` for an alias or a password that readers cannot take
 */
export function keyStore({ pair, ca, alias, password }: StoreOptions & { readonly pair: KeyPair }): Buffer {
  check(alias, password);
  const [leaf, ...issuers] = certificates(`${pair.chain}\n${ca}`);
  const entry = [friendlyName(alias), attribute(LOCAL_KEY_ID, octetString(randomBytes(20)))];
  const bags = [certificateBag(leaf, entry), ...issuers.map((issuer) => certificateBag(issuer, []))];
  return store([encrypted(bags, password), plain([keyBag(pair.key, entry, password)])], password);
}

/**
 * A trust store: the CA under `alias`, as an entry that Java trusts for every purpose.
 * @throws SandboxError `invalid-name` or `invalid-secret` for an alias or a password that readers cannot take
 */
export function trustStore({ ca, alias, password }: StoreOptions): Buffer {
  check(alias, password);
  const trusted = attribute(TRUSTED_KEY_USAGE, oid(ANY_EXTENDED_KEY_USAGE));
  const bags = certificates(ca).map((der) => certificateBag(der, [friendlyName(alias), trusted]));
  return store([encrypted(bags, password)], password);
}

/** What Java's readers take: an alias in UCS-2, and a password in ASCII only. */
function check(alias: string, password: string): void {
  if (alias === "" || /[\p{Cc}\u{10000}-\u{10ffff}]/u.test(alias)) {
    throw new SandboxError("invalid-name", `${JSON.stringify(alias)} cannot be an alias in a PKCS#12 store`, {
      fix: "give at least one character, no control character and none beyond U+FFFF",
    });
  }
  if (!/^[ -~]+$/.test(password)) {
    throw new SandboxError("invalid-secret", "that cannot be the password of a PKCS#12 store", {
      detail: "of others Java says: Password is not ASCII",
      fix: "give at least one character, all of them printable ASCII",
    });
  }
}

function certificates(pem: string): [Buffer, ...Buffer[]] {
  const [first = "", ...more] = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const der = (text: string) => new X509Certificate(text).raw;
  return [der(first), ...more.map(der)];
}

// ---- structure ----------------------------------------------------------------------------------------------------

/** PFX (§4): the safes, and a MAC over them. */
function store(safes: readonly Asn1[], password: string): Buffer {
  const authenticatedSafe = encode(sequence(...safes));
  const salt = randomBytes(SALT_LENGTH);
  const mac = createHmac("sha256", macKey(password, salt)).update(authenticatedSafe).digest();
  const digestInfo = sequence(sequence(oid(SHA256), nullValue()), octetString(mac));
  return encode(
    sequence(
      integer(3),
      sequence(oid(DATA), tagged(0, octetString(authenticatedSafe))),
      sequence(digestInfo, octetString(salt), integer(ITERATIONS)),
    ),
  );
}

/** A safe whose bags protect themselves. */
function plain(bags: readonly Asn1[]): Asn1 {
  return sequence(oid(DATA), tagged(0, octetString(encode(sequence(...bags)))));
}

function encrypted(bags: readonly Asn1[], password: string): Asn1 {
  const { algorithm, data } = encrypt(encode(sequence(...bags)), password);
  const content = sequence(oid(DATA), algorithm, taggedBytes(0, data));
  return sequence(oid(ENCRYPTED_DATA), tagged(0, sequence(integer(0), content)));
}

function keyBag(pem: string, attributes: readonly Asn1[], password: string): Asn1 {
  const pkcs8 = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  const { algorithm, data } = encrypt(pkcs8, password);
  return bag(SHROUDED_KEY_BAG, sequence(algorithm, octetString(data)), attributes);
}

function certificateBag(der: Buffer, attributes: readonly Asn1[]): Asn1 {
  return bag(CERTIFICATE_BAG, sequence(oid(X509_CERTIFICATE), tagged(0, octetString(der))), attributes);
}

function bag(type: string, value: Asn1, attributes: readonly Asn1[]): Asn1 {
  return sequence(oid(type), tagged(0, value), ...(attributes.length === 0 ? [] : [set(...attributes)]));
}

function friendlyName(alias: string): Asn1 {
  return attribute(FRIENDLY_NAME, bmpString(alias));
}

function attribute(type: string, value: Asn1): Asn1 {
  return sequence(oid(type), set(value));
}

// ---- cryptography -------------------------------------------------------------------------------------------------

/** PBES2 (RFC 8018 §6.2): PBKDF2 with HMAC-SHA-256, then AES-256-CBC. */
function encrypt(data: Buffer, password: string): { readonly algorithm: Asn1; readonly data: Buffer } {
  const salt = randomBytes(SALT_LENGTH);
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-cbc", pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256"), iv);
  const derivation = sequence(
    octetString(salt),
    integer(ITERATIONS),
    sequence(oid(HMAC_SHA256), nullValue()),
  );
  return {
    algorithm: sequence(
      oid(PBES2),
      sequence(sequence(oid(PBKDF2), derivation), sequence(oid(AES256_CBC), octetString(iv))),
    ),
    data: Buffer.concat([cipher.update(data), cipher.final()]),
  };
}

/** RFC 7292 appendix B.2 with SHA-256, for the 32 bytes of a MAC key (ID 3), which one round of it yields. */
function macKey(password: string, salt: Buffer): Buffer {
  const block = 64;
  const fill = (bytes: Buffer) => Buffer.alloc(block * Math.ceil(bytes.length / block), bytes);
  const terminated = Buffer.from(`${password}\0`, "utf16le").swap16();
  let digest: Buffer = Buffer.concat([Buffer.alloc(block, 3), fill(salt), fill(terminated)]);
  for (let round = 0; round < ITERATIONS; round++) digest = createHash("sha256").update(digest).digest();
  return digest;
}
