/** What makes a mode the same one when it comes up again: its secrets, certificates and ports, kept in the sandbox's folder. */
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyPair, Listener, Mode, TrustName } from "../model.ts";
import type { CertificateOptions, Material } from "../resolve.ts";
import type { Secrets } from "../secrets.ts";
import { makePrivateDir, replacePrivate } from "../state/private-files.ts";

/** Ports by server and listener. */
export type Ports = Readonly<Record<string, Readonly<Partial<Record<Listener, number>>>>>;

export interface Identity {
  readonly material: Material;
  readonly ports: Ports;
}

/** `<lasting>/<mode>.json`. A CA's certificate is in it, its key is not: that one never leaves memory. */
interface Stored {
  readonly schema: 1;
  readonly fingerprint: string;
  readonly secrets: Secrets;
  readonly pairs: Readonly<Record<string, KeyPair>>;
  readonly trust: Readonly<Partial<Record<TrustName, string>>>;
  readonly ports: Ports;
}

const TRUST: readonly TrustName[] = ["ca", "stranger", "twin-ca"];
/** A certificate that is reused is good for this long (ms) at least. */
const MARGIN = 24 * 3600 * 1000;

/** Keeps an identity for the next run, in place of an earlier one. */
export function saveIdentity(
  lasting: string,
  mode: Mode,
  options: CertificateOptions,
  { material, ports }: Identity,
): void {
  const trust = mode.certificates === undefined ? [] : TRUST.map((name) => [name, material.trust(name)]);
  const stored: Stored = {
    schema: 1,
    fingerprint: fingerprintOf(mode, options),
    secrets: material.secrets,
    pairs: material.pairs,
    trust: Object.fromEntries(trust),
    ports,
  };
  makePrivateDir(lasting);
  replacePrivate(join(lasting, `${mode.name}.json`), JSON.stringify(stored));
}

/** The identity of an earlier run; undefined when there is none, or none that is still good for this mode. */
export function loadIdentity(
  lasting: string,
  mode: Mode,
  options: CertificateOptions,
  now = new Date(),
): Identity | undefined {
  const stored = read(join(lasting, `${mode.name}.json`));
  if (stored?.schema !== 1 || stored.fingerprint !== fingerprintOf(mode, options)) return undefined;
  return isStillGood(stored, mode, now) ? identityOf(stored) : undefined;
}

function identityOf({ secrets, pairs, trust, ports }: Stored): Identity {
  return { material: { secrets, pairs, trust: (name) => trust[name] ?? "" }, ports };
}

function isStillGood({ secrets, pairs, trust }: Stored, mode: Mode, now: Date): boolean {
  const certificates = Object.entries(mode.certificates ?? {});
  const authorities = certificates.length === 0 ? [] : TRUST;
  try {
    return (
      Object.keys(mode.secrets ?? {}).every((name) => secrets[name] !== undefined) &&
      authorities.every((name) => isGood(trust[name] ?? "", now)) &&
      certificates.every(([name, { fault }]) => isAsWrongAsItShouldBe(pairs[name]?.chain ?? "", fault, now))
    );
  } catch {
    return false; // something in it is no certificate
  }
}

/** Half a file, or somebody else's: as good as none. */
function read(path: string): Stored | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Stored;
  } catch {
    return undefined;
  }
}

/** Of all that secrets and certificates are made from. */
function fingerprintOf({ secrets, certificates }: Mode, { hosts, keyType }: CertificateOptions): string {
  const data = JSON.stringify([secrets, certificates, hosts ?? [], keyType ?? "p256"]);
  return createHash("sha256").update(data).digest("base64");
}

function isGood(pem: string, now: Date): boolean {
  const { notBefore, notAfter } = validity(pem);
  return notBefore <= now.getTime() && now.getTime() + MARGIN < notAfter;
}

/** One that is to be expired or not yet valid must be so, now and for a day; all others must be good. */
function isAsWrongAsItShouldBe(pem: string, fault: string | undefined, now: Date): boolean {
  const { notBefore, notAfter } = validity(pem);
  if (fault === "expired") return notAfter < now.getTime();
  if (fault === "not-yet-valid") return now.getTime() + MARGIN < notBefore;
  return isGood(pem, now);
}

function validity(pem: string): { readonly notBefore: number; readonly notAfter: number } {
  const { validFrom, validTo } = new X509Certificate(pem);
  return { notBefore: Date.parse(validFrom), notAfter: Date.parse(validTo) };
}
