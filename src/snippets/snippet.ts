/** The code that connects: one template a language over a Connection and the paths of its files. */
import { fileURLToPath } from "node:url";
import { Eta } from "eta";
import { type ClientFiles, loginOf, withLogin, withoutLogin } from "../env.ts";
import { SandboxError } from "../errors.ts";
import type { Connection, Login } from "../model.ts";
import { LANGUAGES, type Language, type LanguageName } from "./languages.ts";

/** What a template sees as `it`. */
interface SnippetContext extends ClientFiles {
  /** Of the client. */
  readonly version: string;
  readonly url: string;
  readonly host: string;
  readonly port: string;
  readonly login: Login;
  readonly inboxPrefix: string | undefined;
  /** The client means TLS: some clients speak plaintext to a server without TLS unless told so beside the URL. */
  readonly tls: boolean;
  readonly q: Language["quote"];
}

const VIEWS = fileURLToPath(new URL("../../templates/snippets", import.meta.url));
const eta = new Eta({ views: VIEWS, autoEscape: false, autoTrim: false, cache: true, rmWhitespace: false });

/**
 * A program that connects, publishes and receives, and ends with another status than 0 when it is turned away.
 * @throws SandboxError `usage` for a login in the URL that the client would not take from there as it is,
 * `state-unusable` for files in a directory that its client cannot read from
 */
export function snippet(
  language: LanguageName,
  connection: Connection,
  files: ClientFiles,
  { loginInUrl = false }: { readonly loginInUrl?: boolean } = {},
): string {
  const { quote, secret = String, version, checkFiles }: Language = LANGUAGES[language];
  checkFiles?.(files);
  const plain = withoutLogin(connection.url);
  const url = loginInUrl ? withLogin(connection) : plain;
  if (loginInUrl) checkLoginInUrl(language, url);
  const { hostname, port } = new URL(plain);
  const { user, password, token } = (loginInUrl ? undefined : loginOf(connection)) ?? {};
  const context: SnippetContext = {
    ...files,
    version,
    url,
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
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

function checkLoginInUrl(language: LanguageName, url: string): void {
  const { loginInUrl }: Language = LANGUAGES[language];
  if (loginInUrl === false)
    throw new SandboxError("usage", `the client of ${language} takes no login from a URL`, {
      fix: "leave --url out",
    });
  if (loginInUrl === "as it stands" && /:\/\/[^@]*%/.test(url))
    throw new SandboxError("usage", `the client of ${language} does not decode what is in a URL`, {
      detail: "this login has characters that a URL holds only percent-encoded",
      fix: "leave --url out",
    });
}
