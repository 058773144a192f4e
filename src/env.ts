/** A Connection as environment variables: the names that the nats CLI reads. */
import type { Connection } from "./model.ts";
import { parseUrl } from "./wire/url.ts";

/** Where a client's certificate files are, by absolute path. */
export interface ClientFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** `NATS_URL` never carries credentials: they have variables of their own. */
export function environmentOf(
  { url, login = parseUrl(url).login }: Connection,
  files: ClientFiles,
): Readonly<Record<string, string>> {
  const all = {
    NATS_URL: withoutLogin(url),
    NATS_USER: login?.user,
    NATS_PASSWORD: login?.password,
    NATS_TOKEN: login?.token,
    NATS_CA: files.ca,
    NATS_CERT: files.cert,
    NATS_KEY: files.key,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

export function withoutLogin(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^@/?#]*@/i, "$1");
}

/** `export NAME='value'` lines that any POSIX shell and most dotenv readers take. */
export function shellFile(env: Readonly<Record<string, string>>): string {
  const lines = Object.entries(env).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`,
  );
  return `# Test credentials of nats-sandbox. Load with: . FILE\n${lines.join("")}`;
}
