/** What certificates exist: reads certs/profiles.yaml and certs/faults.yaml, and puts a fault into a profile. */
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { messageOf, SandboxError } from "../errors.ts";
import type { CertificateRecipe, ProfileName, TrustName } from "../model.ts";
import {
  EXTENDED_KEY_USAGES,
  type ExtendedKeyUsage,
  KEY_USAGES,
  type KeyUsage,
  type Name,
} from "./certificate.ts";
import { isDnsName } from "./hosts.ts";
import {
  broken,
  type Entries,
  entries,
  fail,
  listOf,
  namesOf,
  oneOf,
  optional,
  type Readers,
  record,
  show,
  text,
} from "./readers.ts";

export type LeafName = Exclude<ProfileName, "ca">;

/** Whose key signs a leaf: one of the CAs, or the leaf's own. */
type IssuerName = TrustName | "self";

interface Profile {
  readonly description: string;
  /** May hold `$name` or `$id`. */
  readonly subject: Name;
  /** Milliseconds from now. */
  readonly notBefore: number;
  /** Milliseconds from now. */
  readonly notAfter: number;
  readonly keyUsage: readonly KeyUsage[];
}

export interface AuthorityProfile extends Profile {
  readonly pathLength: number;
  /** May hold `$hosts`. */
  readonly nameConstraints: readonly string[];
}

export interface LeafProfile extends Profile {
  readonly rsaKeyUsage: readonly KeyUsage[];
  readonly extendedKeyUsage: readonly ExtendedKeyUsage[];
  /** May hold `$hosts`. */
  readonly subjectAltName: readonly string[];
  readonly issuer: IssuerName;
}

interface Fault {
  readonly description: string;
  readonly for: readonly LeafName[];
  /** Exactly one field. */
  readonly set: Partial<LeafProfile>;
}

export interface Catalogue {
  readonly ca: AuthorityProfile;
  readonly leaves: Readonly<Record<LeafName, LeafProfile>>;
  readonly faults: ReadonlyMap<string, Fault>;
}

const LEAVES: readonly LeafName[] = ["server", "client", "peer"];
const ISSUERS: readonly IssuerName[] = ["ca", "stranger", "twin-ca", "self"];
const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

let packaged: Promise<Catalogue> | undefined;

/**
 * The packaged catalogue, read once in a process.
 * @throws SandboxError `bug` when a file is missing or says something it cannot say
 */
export function loadCatalogue(): Promise<Catalogue> {
  packaged ??= Promise.all(["profiles", "faults"].map(readPackaged)).then(([profiles = "", faults = ""]) =>
    parseCatalogue(profiles, faults),
  );
  return packaged;
}

/** The texts of both YAML files as data. Loads the YAML parser (24 ms) only now. */
export async function parseCatalogue(profilesText: string, faultsText: string): Promise<Catalogue> {
  const { parse } = await import("yaml");
  const read = (file: string, text: string): Entries => {
    try {
      return entries(parse(text), file);
    } catch (error) {
      throw error instanceof SandboxError ? error : broken(file, messageOf(error));
    }
  };
  const { ca, ...leaves } = record(read("certs/profiles.yaml", profilesText), "certs/profiles.yaml", {
    ca: (value, at) => record(value, at, AUTHORITY),
    server: leaf,
    client: leaf,
    peer: leaf,
  });
  const faults = Object.entries(read("certs/faults.yaml", faultsText)).map(
    ([name, value]) => [name, fault(value, `certs/faults.yaml: ${name}`)] as const,
  );
  return { ca, leaves, faults: new Map(faults) };
}

/**
 * The profile a recipe asks for, with its fault in it.
 * @throws SandboxError `usage` when there is no such profile or fault, or the fault makes no sense for the profile
 */
export function profileOf(catalogue: Catalogue, { profile, fault }: CertificateRecipe): LeafProfile {
  if (!LEAVES.includes(profile)) throw unknown("profile", profile, LEAVES);
  const good = catalogue.leaves[profile];
  if (fault === undefined) return good;
  const found = catalogue.faults.get(fault);
  if (found === undefined) throw unknown("fault", fault, [...catalogue.faults.keys()]);
  if (!found.for.includes(profile)) {
    throw new SandboxError("usage", `a ${profile} certificate cannot have the fault "${fault}"`, {
      detail: `${fault}: ${found.description}`,
      fix: `use it with the profile ${found.for.join(" or ")}`,
    });
  }
  return { ...good, ...found.set };
}

// ---- what each field can be ---------------------------------------------------------------------------------------

const PROFILE: Readers<Profile> = {
  description: text,
  subject: (value, at) => {
    const { O, CN } = record(value, at, { O: optional<string | undefined>(text, undefined), CN: text });
    return O === undefined ? { CN } : { O, CN };
  },
  notBefore: duration,
  notAfter: duration,
  keyUsage: (value, at) => {
    const usage = listOf(oneOf(namesOf(KEY_USAGES)))(value, at);
    return usage.length > 0 ? usage : fail(at, "must name at least one usage");
  },
};

const AUTHORITY: Readers<AuthorityProfile> = {
  ...PROFILE,
  pathLength: (value, at) =>
    Number.isInteger(value) && Number(value) >= 0
      ? Number(value)
      : fail(at, `must be a whole number, is ${show(value)}`),
  nameConstraints: listOf(subtree),
};

/** What a fault can set. */
const FAULTY: Readers<Omit<LeafProfile, "description" | "subject">> = {
  notBefore: duration,
  notAfter: duration,
  keyUsage: PROFILE.keyUsage,
  rsaKeyUsage: optional(listOf(oneOf(namesOf(KEY_USAGES))), []),
  extendedKeyUsage: listOf(oneOf(namesOf(EXTENDED_KEY_USAGES))),
  subjectAltName: listOf(hostOrAddress),
  issuer: optional(oneOf(ISSUERS), "ca"),
};

function leaf(value: unknown, at: string): LeafProfile {
  return record(value, at, { ...PROFILE, ...FAULTY });
}

function fault(value: unknown, at: string): Fault {
  return record<Fault>(value, at, {
    description: text,
    for: optional(listOf(oneOf(LEAVES)), LEAVES),
    set: oneField,
  });
}

function oneField(value: unknown, at: string): Partial<LeafProfile> {
  const [field, ...more] = Object.entries(entries(value, at));
  if (field === undefined || more.length > 0)
    return fail(at, "must set exactly one field: one fault, one cause");
  const key = oneOf(namesOf(FAULTY))(field[0], at);
  return { [key]: FAULTY[key](field[1], `${at}.${key}`) };
}

function duration(value: unknown, at: string): number {
  const [, amount, unit] = /^(-?\d+)([smhd])$/.exec(String(value)) ?? [];
  return amount === undefined
    ? fail(at, `must be a time such as 90s, -30m, -1h or 28d, is ${show(value)}`)
    : Number(amount) * UNITS[unit as keyof typeof UNITS];
}

function hostOrAddress(value: unknown, at: string): string {
  const name = text(value, at);
  return name === "$hosts" || isIP(name) > 0 || isDnsName(name)
    ? name
    : fail(at, `must be a DNS name, an IP address or $hosts, is ${show(value)}`);
}

function subtree(value: unknown, at: string): string {
  const [address = "", prefix, ...more] = text(value, at).split("/");
  if (prefix === undefined) return hostOrAddress(value, at);
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isRange = bits > 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits && more.length === 0;
  return isRange
    ? `${address}/${prefix}`
    : fail(at, `must be a range such as 127.0.0.0/8, is ${show(value)}`);
}

function unknown(kind: string, name: string, known: readonly string[]): SandboxError {
  return new SandboxError("usage", `there is no certificate ${kind} ${JSON.stringify(name)}`, {
    fix: `use one of: ${known.join(", ")}`,
  });
}

async function readPackaged(name: string): Promise<string> {
  const file = `certs/${name}.yaml`;
  try {
    return await readFile(new URL(`../../${file}`, import.meta.url), "utf8");
  } catch (error) {
    throw broken(file, messageOf(error));
  }
}
