/** Passwords, tokens and their bcrypt hashes, and the redactor that keeps them out of everything shown. */
import { randomInt } from "node:crypto";
import { SandboxError } from "./errors.ts";
import type { Alphabet, Login, SecretRecipe } from "./model.ts";
import { brokenRule } from "./secret-rules.ts";

/** The values of one secret recipe; which are present follows from its kind. */
export interface Secret {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** bcrypt of the password or token, `$2a$…`. */
  readonly hash?: string;
}

export type Secrets = Readonly<Record<string, Secret>>;

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LETTERS = 52;
/** RFC 3986 §2.2 reserved characters, the percent sign, and what quoting gets wrong most often. */
const RESERVED = ":/?#[]@!$&'()*+,;=%\"\\{} ";
/** 24 of 62 characters: 142 bits. */
const LENGTH = 24;
/** The lowest cost there is: these hashes guard throw-away secrets, and every wrong login costs the server one. */
const COST = 4;

/**
 * Makes the values of every recipe: fresh random ones where none is given.
 * @throws SandboxError `invalid-secret` for a given one that no server would treat as expected
 */
export async function makeSecrets(recipes: Readonly<Record<string, SecretRecipe>> = {}): Promise<Secrets> {
  const made = Object.entries(recipes).map(
    async ([name, recipe]) => [name, await makeSecret(recipe)] as const,
  );
  return Object.fromEntries(await Promise.all(made));
}

/** A value that was given must be one that guards something: an empty one would open the server to everyone. */
async function makeSecret(recipe: SecretRecipe): Promise<Secret> {
  const what = recipe.kind === "password" ? `the password of ${recipe.user}` : "the token";
  if (recipe.kind === "password") checkSecret(recipe.user, "the name of a user");
  if (recipe.value !== undefined) checkSecret(recipe.value, what, { bcrypt: recipe.hash !== undefined });
  const value = recipe.value ?? randomText(recipe.alphabet ?? "alphanumeric");
  const hash = recipe.hash === undefined ? {} : { hash: await bcryptHash(value) };
  return recipe.kind === "password"
    ? { user: recipe.user, password: value, ...hash }
    : { token: value, ...hash };
}

/**
 * Random text of 24 letters and digits; `reserved` mixes in every character that URLs or configs treat specially. It
 * begins with a letter: in `nats://user:7pass@host` nats.js takes a number after the colon for the port, and dials it.
 */
export function randomText(alphabet: Alphabet): string {
  const text = Array.from(
    { length: LENGTH },
    (_, i) => ALPHANUMERIC[randomInt(i === 0 ? LETTERS : ALPHANUMERIC.length)],
  );
  if (alphabet === "reserved") for (const char of RESERVED) text.splice(1 + randomInt(text.length), 0, char);
  return text.join("");
}

/**
 * Refuses a password or token that no server would treat as the user expects.
 * @throws SandboxError `invalid-secret`; the message never contains the value.
 */
export function checkSecret(value: string, what: string, options: { readonly bcrypt?: boolean } = {}): void {
  const broken = brokenRule(value, options);
  if (broken !== undefined)
    throw new SandboxError("invalid-secret", `${what} ${broken.why}`, { fix: broken.fix });
}

/**
 * bcrypt with the prefix `$2a$`: the algorithm of `$2b$`, and the only prefix that servers before 2.2.0 take for a
 * hash. To them a `$2b$…` is the literal password. The work doubles with each step of `cost` (4 to 31).
 */
export async function bcryptHash(value: string, cost = COST): Promise<string> {
  checkSecret(value, "the value to hash", { bcrypt: true });
  const { hash } = await import("bcryptjs");
  return (await hash(value, cost)).replace(/^\$2b\$/, "$2a$");
}

/** Replaces every secret in a text, in every form in which a log, an error or a URL may quote it. */
export type Redactor = (text: string) => string;

const MASK = "[secret]";

export function createRedactor(secrets: Secrets): Redactor {
  const values = Object.values(secrets).flatMap(({ password, token, hash }) => [password, token, hash]);
  const forms = new Set(values.filter((value) => value !== undefined && value !== "").flatMap(formsOf));
  if (forms.size === 0) return (text) => text;
  // Longest first: where one form contains another, the whole of it goes.
  const patterns = [...forms]
    .sort((a, b) => b.length - a.length)
    .map((form) => [...form].map(anyEscape).join(""));
  const all = new RegExp(patterns.join("|"), "gu");
  return (text) => text.replace(all, MASK);
}

function formsOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value, swapCase(value), Buffer.from(value).toString("base64")];
}

/** Matches a character as it is and in every way in which a URL, JSON, a config, Go's %q or a shell writes it. */
function anyEscape(char: string): string {
  if (/[A-Za-z0-9]/.test(char)) return char;
  const hex = (bytes: string, before: string) =>
    (bytes.match(/../g) ?? []).map((byte) => `${before}(?:${byte}|${byte.toUpperCase()})`).join("");
  const utf8 = Buffer.from(char).toString("hex");
  const utf16 = Buffer.from(char, "utf16le").swap16().toString("hex").match(/.{4}/g) ?? [];
  const short = JSON.stringify(char).slice(1, -1);
  const ways = [
    escapeRegExp(char),
    hex(utf8, "%"),
    hex(utf8, "\\\\x"),
    utf16.map((unit) => `\\\\u(?:${unit}|${unit.toUpperCase()})`).join(""),
    escapeRegExp(short),
    escapeRegExp(`\\${char}`),
    ...(char === "'" ? [escapeRegExp("'\\''")] : []),
    ...(char === " " ? [escapeRegExp("+")] : []),
  ];
  return `(?:${ways.sort((a, b) => b.length - a.length).join("|")})`;
}

/** Percent-encodes everything but letters, digits and `-._~` (RFC 3986 §2.3 unreserved). */
export function strictPercentEncode(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * `user:password@`, or `token@` for a token: the forms of the NATS docs, percent-encoded (RFC 3986 §3.2.1). A user
 * without a password keeps the colon: `user@` is a token to NATS.
 */
export function userinfo({ user = "", password = "", token }: Login): string {
  if (token !== undefined) return `${strictPercentEncode(token)}@`;
  return `${strictPercentEncode(user)}:${strictPercentEncode(password)}@`;
}

/**
 * A password or token for the nats CLI, which from 0.5 on looks one up that begins like a reference, `env:…` say, in a
 * context, flag or variable alike (jsm.go natscontext). In base64 it is taken as it is.
 */
export function natscliSecret<Value extends string | undefined>(secret: Value): Value | string {
  if (secret === undefined || !/^(file|op|nsc|env|data):/i.test(secret)) return secret;
  return `data:;base64,${Buffer.from(secret).toString("base64")}`;
}

/** Every letter in its other case. */
export function swapCase(value: string): string {
  return value.replace(/\p{L}/gu, (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase()));
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
