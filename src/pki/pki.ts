/** The certificates of one running mode: its CA, two CAs that it must not be mistaken for, and what they issue. */
import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { SandboxError } from "../errors.ts";
import type { CertificateRecipe, KeyPair, KeyType, TrustName } from "../model.ts";
import { createCertificate, type Issuer, type KeyUsage, type Name } from "./certificate.ts";
import { pem } from "./der.ts";
import { hostNames } from "./hosts.ts";
import { generateKeys, type Keys, keyIdentifier } from "./keys.ts";
import {
  type AuthorityProfile,
  type Catalogue,
  type LeafProfile,
  loadCatalogue,
  profileOf,
} from "./profiles.ts";

export { hostNames };

export interface PkiOptions {
  /** Names and addresses that servers are dialled by, besides localhost, 127.0.0.1 and ::1. */
  readonly hosts?: readonly string[];
  /** Of every key; `p256` when absent. */
  readonly keyType?: KeyType;
  /** The moment that all validities count from; the moment of the call when absent. */
  readonly now?: Date;
}

export interface Pki {
  /**
   * PEM of a CA certificate that a client is told to trust: the mode's own, an unrelated one, or the twin, which equals
   * the mode's own in subject and key identifier but has another key.
   */
  trust(name: TrustName): string;
  /**
   * A new certificate with a new key, each time it is called. `name` is the common name unless the recipe has one.
   * @throws SandboxError `usage` for a profile or fault that does not exist or do not go together, `invalid-name` for a
   * common name that no certificate can carry
   */
  issue(name: string, recipe: CertificateRecipe): Promise<KeyPair>;
}

/** An issuer and the certificate that others know it by, as PEM. */
interface Authority extends Issuer {
  readonly certificate: string;
}

/** RFC 5280 appendix A, ub-common-name. */
const LONGEST_COMMON_NAME = 64;

/**
 * Makes the CAs of one mode; their keys never leave memory. Hosts are known now because the CA is constrained to them.
 * @throws SandboxError `invalid-host` for a host that no certificate can be good for
 */
export async function createPki(options: PkiOptions = {}): Promise<Pki> {
  return createPkiFrom(await loadCatalogue(), options);
}

/** The same from another catalogue than the packaged one. */
export async function createPkiFrom(catalogue: Catalogue, options: PkiOptions = {}): Promise<Pki> {
  const { keyType = "p256", now = new Date() } = options;
  const hosts = hostNames(options.hosts ?? []);
  const permitted = withHosts(catalogue.ca.nameConstraints, hosts);
  const authorities = await createAuthorities(catalogue.ca, permitted, keyType, now);

  async function issue(name: string, recipe: CertificateRecipe): Promise<KeyPair> {
    const profile = profileOf(catalogue, recipe);
    const subject = leafSubject(profile, recipe.commonName ?? name);
    const subjectAltName = withHosts(profile.subjectAltName, hosts);
    checkCommonName(subject.CN, subjectAltName, permitted);
    const keys = await generateKeys(keyType);
    const keyId = keyIdentifier(keys);
    const issuer = profile.issuer === "self" ? { subject, keyId, keys } : authorities[profile.issuer];
    const certificate = createCertificate(
      {
        ...validity(profile, now),
        subject,
        keys,
        keyId,
        keyUsage: leafKeyUsage(profile, keyType),
        extendedKeyUsage: profile.extendedKeyUsage,
        subjectAltName,
      },
      issuer,
    );
    return {
      chain: pem("CERTIFICATE", certificate),
      key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    };
  }

  return { trust: (name) => authorities[name].certificate, issue };
}

/** The keys are made at once, in the thread pool; all three CAs have keys of the same type, so that only the key differs. */
async function createAuthorities(
  profile: AuthorityProfile,
  permitted: readonly string[],
  keyType: KeyType,
  now: Date,
): Promise<Readonly<Record<TrustName, Authority>>> {
  const [ca, stranger, twin] = await Promise.all([
    generateKeys(keyType),
    generateKeys(keyType),
    generateKeys(keyType),
  ]);
  const create = (identity: Omit<Issuer, "keys">, keys: Keys) =>
    createAuthority(profile, permitted, now, { ...identity, keys });
  const own = { subject: authoritySubject(profile), keyId: keyIdentifier(ca) };
  const foreign = { subject: authoritySubject(profile), keyId: keyIdentifier(stranger) };
  return {
    ca: create(own, ca),
    stranger: create(foreign, stranger),
    // Had the twin a key identifier of its own, a verifier would find no issuer for its certificates, and refuse them as
    // it refuses a stranger's, without ever checking a signature.
    "twin-ca": create(own, twin),
  };
}

function createAuthority(
  { keyUsage, pathLength, ...profile }: AuthorityProfile,
  permitted: readonly string[],
  now: Date,
  identity: Issuer,
): Authority {
  const certificate = createCertificate(
    {
      ...identity,
      ...validity(profile, now),
      keyUsage,
      extendedKeyUsage: [],
      subjectAltName: [],
      authority: { pathLength, permitted },
    },
    identity,
  );
  return { ...identity, certificate: pem("CERTIFICATE", certificate) };
}

/** Two CAs never share a subject by accident: verifiers would report a bad signature instead of an unknown issuer. */
function authoritySubject({ subject }: AuthorityProfile): Name {
  const id = randomBytes(4).toString("hex");
  return { ...subject, CN: subject.CN.replaceAll("$id", () => id) };
}

function leafSubject({ subject }: LeafProfile, name: string): Name {
  return { ...subject, CN: subject.CN.replaceAll("$name", () => name) };
}

/** Only a server can be sent a secret encrypted with its RSA key (RFC 5246 §7.4.2); other keys can but sign. */
function leafKeyUsage({ keyUsage, rsaKeyUsage }: LeafProfile, keyType: KeyType): readonly KeyUsage[] {
  return keyType === "rsa2048" ? [...keyUsage, ...rsaKeyUsage] : keyUsage;
}

function validity(profile: { readonly notBefore: number; readonly notAfter: number }, now: Date) {
  return {
    notBefore: new Date(now.getTime() + profile.notBefore),
    notAfter: new Date(now.getTime() + profile.notAfter),
  };
}

/** Puts the hosts where `$hosts` stands; no name twice. */
function withHosts(names: readonly string[], hosts: readonly string[]): readonly string[] {
  return [...new Set(names.flatMap((name) => (name === "$hosts" ? hosts : [name])))];
}

/**
 * A common name that looks like a host name is judged as one where no DNS name is listed (RFC 6125 §6.4.4), by OpenSSL
 * against the CA's name constraints too: such a certificate would be refused for a reason nobody asked for.
 */
function checkCommonName(name: string, names: readonly string[], permitted: readonly string[]): void {
  if (name === "" || [...name].length > LONGEST_COMMON_NAME || /\p{Cc}/u.test(name)) {
    throw new SandboxError(
      "invalid-name",
      `${JSON.stringify(name)} cannot be the common name of a certificate`,
      {
        fix: `give 1 to ${LONGEST_COMMON_NAME} characters, none of them a control character`,
      },
    );
  }
  const looksLikeHost = /^[\w-]+(?:\.[\w-]+)+$/.test(name) && names.every((other) => isIP(other) > 0);
  if (looksLikeHost && !permitted.some((domain) => isWithin(name, domain))) {
    throw new SandboxError("invalid-name", `the CA may not certify the common name ${JSON.stringify(name)}`, {
      detail:
        "it looks like a host name, and the CA is constrained to localhost and the hosts it was made for",
      fix: "use a name without dots, or one below a host given with --host",
    });
  }
}

function isWithin(name: string, domain: string): boolean {
  return isIP(domain) === 0 && `.${name.toLowerCase()}`.endsWith(`.${domain.replace(/^\*\./, "")}`);
}
