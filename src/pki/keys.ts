/** Key pairs: making them off-thread, their public key as X.509 writes it, and signing with them. */
import { createHash, generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import type { KeyType } from "../model.ts";
import { type Asn1, bitString, encode, nullValue, oid, sequence } from "./der.ts";

export interface Keys {
  readonly type: KeyType;
  /** The public key as the BIT STRING of a certificate holds it. */
  readonly publicBits: Buffer;
  readonly privateKey: KeyObject;
}

interface Algorithm {
  /** AlgorithmIdentifier of the public key. */
  readonly publicKey: Asn1;
  /** AlgorithmIdentifier of its signatures. */
  readonly signature: Asn1;
  /** What `crypto.sign` hashes with; Ed25519 hashes by itself. */
  readonly digest: "sha256" | "sha384" | null;
}

/** RFC 3279, 4055 (RSA: parameters NULL), 5480, 5758 (ECDSA signatures: no parameters) and 8410 (Ed25519: none). */
const ALGORITHMS: Readonly<Record<KeyType, Algorithm>> = {
  p256: {
    publicKey: sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
    signature: sequence(oid("1.2.840.10045.4.3.2")),
    digest: "sha256",
  },
  p384: {
    publicKey: sequence(oid("1.2.840.10045.2.1"), oid("1.3.132.0.34")),
    signature: sequence(oid("1.2.840.10045.4.3.3")),
    digest: "sha384",
  },
  rsa2048: {
    publicKey: sequence(oid("1.2.840.113549.1.1.1"), nullValue()),
    signature: sequence(oid("1.2.840.113549.1.1.11"), nullValue()),
    digest: "sha256",
  },
  ed25519: {
    publicKey: sequence(oid("1.3.101.112")),
    signature: sequence(oid("1.3.101.112")),
    digest: null,
  },
};

const generate = promisify(generateKeyPair);

/** Generates in the thread pool: an RSA key takes 0.1 to 0.4 s, and several are made at once. */
export async function generateKeys(type: KeyType): Promise<Keys> {
  const { publicKey, privateKey } = await generateByType(type);
  return { type, publicBits: publicBits(type, publicKey), privateKey };
}

/** SubjectPublicKeyInfo (RFC 5280 §4.1). */
export function publicKeyInfo(keys: Keys): Asn1 {
  return sequence(ALGORITHMS[keys.type].publicKey, bitString(keys.publicBits));
}

/** Key identifier, 20 bytes: the leftmost 160 bits of SHA-256 of the public key (RFC 7093 §2, method 1). */
export function keyIdentifier(keys: Keys): Buffer {
  return createHash("sha256").update(keys.publicBits).digest().subarray(0, 20);
}

export function signatureAlgorithm(keys: Keys): Asn1 {
  return ALGORITHMS[keys.type].signature;
}

/** The signature over the DER encoding of a value. */
export function signature(value: Asn1, keys: Keys): Asn1 {
  return bitString(sign(ALGORITHMS[keys.type].digest, encode(value), keys.privateKey));
}

function generateByType(type: KeyType): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  switch (type) {
    case "p256":
      return generate("ec", { namedCurve: "prime256v1" });
    case "p384":
      return generate("ec", { namedCurve: "secp384r1" });
    case "rsa2048":
      return generate("rsa", { modulusLength: 2048 });
    case "ed25519":
      return generate("ed25519", {});
  }
}

/** RSAPublicKey, an uncompressed point (RFC 5480 §2.2), or the 32 bytes of Ed25519. */
function publicBits(type: KeyType, key: KeyObject): Buffer {
  if (type === "rsa2048") return key.export({ type: "pkcs1", format: "der" });
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const coordinates = [x, y].map((coordinate) => Buffer.from(coordinate, "base64url"));
  return Buffer.concat(type === "ed25519" ? coordinates : [Buffer.of(4), ...coordinates]);
}
