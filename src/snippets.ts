/** The code that connects: one template a language over a Connection and the paths of its files. */
import { fileURLToPath } from "node:url";
import { Eta } from "eta";
import { posixQuote } from "./env/shell.ts";
import { type ClientFiles, loginOf, withLogin, withoutLogin } from "./env.ts";
import type { Connection, Login } from "./model.ts";
import { natscliSecret } from "./secrets.ts";

interface Language {
  /** Writes a text as the language does. */
  readonly quote: (text: string) => string;
  /** Its client takes a login from the URL. */
  readonly loginInUrl: boolean;
  /** A password or token as its client takes it, where that is not as it is. */
  readonly secret?: (text: string) => string;
}

/** By name; each has `templates/snippets/<name>.eta`. */
export const LANGUAGES = {
  cli: { quote: shellWord, loginInUrl: true, secret: natscliSecret },
  javascript: { quote: JSON.stringify, loginInUrl: false },
} satisfies Readonly<Record<string, Language>>;

export type LanguageName = keyof typeof LANGUAGES;

/** What a template sees as `it`. */
interface SnippetContext extends ClientFiles {
  readonly url: string;
  readonly login: Login;
  readonly inboxPrefix: string | undefined;
  /** The client means TLS: some clients speak plaintext to a server without TLS unless told so beside the URL. */
  readonly tls: boolean;
  readonly q: Language["quote"];
}

const VIEWS = fileURLToPath(new URL("../templates/snippets", import.meta.url));
const eta = new Eta({ views: VIEWS, autoEscape: false, autoTrim: false, cache: true, rmWhitespace: false });

/** A program that connects, publishes and receives, and ends with another status than 0 when it is turned away. */
export function snippet(
  language: LanguageName,
  connection: Connection,
  files: ClientFiles,
  { loginInUrl = false }: { readonly loginInUrl?: boolean } = {},
): string {
  const { quote, secret = String }: Language = LANGUAGES[language];
  const { user, password, token } = (loginInUrl ? undefined : loginOf(connection)) ?? {};
  const context: SnippetContext = {
    ...files,
    url: loginInUrl ? withLogin(connection) : withoutLogin(connection.url),
    login: {
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password: secret(password) }),
      ...(token === undefined ? {} : { token: secret(token) }),
    },
    inboxPrefix: connection.inboxPrefix,
    tls: connection.url.startsWith("tls:") || connection.tls !== undefined,
    q: quote,
  };
  return eta.render(`${language}.eta`, context);
}

/** A word of a POSIX shell, quoted where it must be. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(text) ? text : posixQuote(text);
}
