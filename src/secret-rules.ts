/** What a password, a token or a user name must be so that every server treats it as the user expects. */

/** bcrypt reads no further: a longer secret would be matched by every other with the same start. */
const BCRYPT_BYTES = 72;
/** What some version takes for a hash: before 2.2.0 all that begins with `$2a$` (nats-server auth.go, isBcrypt). */
const LOOKS_HASHED = /^\$2(?:a\$|[bxy]\$\d\d\$)/;

export interface BrokenRule {
  /** Follows the name of the secret; never contains the value. */
  readonly why: string;
  readonly fix: string;
}

/** The rule that a secret breaks, if any. */
export function brokenRule(
  value: string,
  { bcrypt = false }: { readonly bcrypt?: boolean } = {},
): BrokenRule | undefined {
  if (value === "")
    return {
      why: "is empty",
      fix: "an empty credential lets everyone in: set one, or leave it out for a random one",
    };
  if (/[\0\r\n]/.test(value))
    return {
      why: "contains a NUL or a line break",
      fix: "NATS cannot carry these in a credential",
    };
  if (LOOKS_HASHED.test(value))
    return {
      why: "looks like a bcrypt hash",
      fix: "a server would take it for one: give the clear text instead",
    };
  const bytes = Buffer.byteLength(value);
  if (bcrypt && bytes > BCRYPT_BYTES)
    return {
      why: `is ${bytes} bytes long`,
      fix: `bcrypt reads the first ${BCRYPT_BYTES} bytes only: use a shorter one`,
    };
  return undefined;
}
