/** A Connection as environment variables: the names that the nats CLI reads. */
import type { Connection } from "./model.ts";
import { userinfo } from "./secrets.ts";
import { parseUrl } from "./wire/url.ts";

/** Where a client's files are, by absolute path. */
export interface ClientFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** A context of the nats CLI, with everything in it. */
  readonly context?: string;
}

export type Environment = Readonly<Record<string, string>>;

/** One client of one mode: a `HandedOut`, as far as it matters here. */
export interface Holder {
  readonly mode: string;
  readonly connection: Connection;
  readonly files: ClientFiles;
}

export interface EnvironmentOptions {
  /** Put the login into NATS_URL too, percent-encoded. */
  readonly loginInUrl?: boolean;
}

/** Every variable that a client may get. */
export const NAMES = [
  "NATS_URL",
  "NATS_USER",
  "NATS_PASSWORD",
  "NATS_TOKEN",
  "NATS_CREDS",
  "NATS_NKEY",
  "NATS_CA",
  "NATS_CERT",
  "NATS_KEY",
  "NATS_CONTEXT",
] as const;

/** What must not be inherited: a stale one of these gets into the next mode. The nats CLI reads the last two as well. */
export const CLEARED_NAMES: readonly string[] = [...NAMES, "NATS_JWT", "NATS_SEED"];

/** `NATS_URL` carries no credentials unless asked to: they have variables of their own. */
export function environmentOf(
  connection: Connection,
  files: ClientFiles,
  { loginInUrl = false }: EnvironmentOptions = {},
): Environment {
  const login = loginOf(connection);
  const values: Partial<Record<(typeof NAMES)[number], string | undefined>> = {
    NATS_URL: loginInUrl ? withLogin(connection) : withoutLogin(connection.url),
    NATS_USER: login?.user,
    NATS_PASSWORD: login?.password,
    NATS_TOKEN: login?.token,
    NATS_CA: files.ca,
    NATS_CERT: files.cert,
    NATS_KEY: files.key,
    NATS_CONTEXT: files.context,
  };
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The first one's variables as they are, and each one's again as `NATS_SANDBOX_<MODE>_…`. */
export function environmentOfModes(
  handedOut: readonly Holder[],
  options: EnvironmentOptions = {},
): Record<string, string> {
  const all = handedOut.map(({ mode, connection, files }) => ({
    mode,
    env: environmentOf(connection, files, options),
  }));
  return Object.assign({}, all[0]?.env, ...all.map(({ mode, env }) => prefixed(mode, env)));
}

function prefixed(mode: string, env: Environment): Environment {
  const prefix = `NATS_SANDBOX_${mode.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_`;
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name.replace("NATS_", prefix), value]),
  );
}

/** Variables of an outer `exec` or `env`. */
const PREFIXED = /^NATS_SANDBOX_.+_(URL|USER|PASSWORD|TOKEN|CREDS|NKEY|CA|CERT|KEY|CONTEXT)$/;

/** What is inherited, without what would get in the way of a mode's own. */
export function withoutOurs(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(inherited).filter(
    ([name]) => !CLEARED_NAMES.includes(name) && !PREFIXED.test(name),
  );
  return Object.fromEntries(others);
}

/** The names that must be unset so that nothing stale mixes with these variables. */
export function namesToUnset(env: Environment): readonly string[] {
  return CLEARED_NAMES.filter((name) => !(name in env));
}

/** A login that travels in the URL is one too. */
export function loginOf({ url, login = parseUrl(url).login }: Connection): Connection["login"] {
  return login;
}

export function withoutLogin(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^@/?#]*@/i, "$1");
}

/** The URL with the login in it, percent-encoded: not every client takes it from there. */
export function withLogin(connection: Connection): string {
  const login = loginOf(connection);
  const url = withoutLogin(connection.url);
  return login === undefined ? url : url.replace("://", `://${userinfo(login)}`);
}
