/** The languages of snippets, as data: the client, how a text is written, what the URL may hold. */
import { checkContextPaths } from "../env/nats-context.ts";
import { posixQuote } from "../env/shell.ts";
import type { ClientFiles } from "../env.ts";
import { natscliSecret } from "../secrets.ts";
import { quoteC, quoteCsharp, quoteJava, quoteJson, quoteRuby, quoteRust } from "./quote.ts";
import { type TOOLCHAINS, VERSIONS } from "./toolchains.ts";

export interface Language {
  /** The official client, and the version that the snippet was written for. */
  readonly client: string;
  readonly version: string;
  /** Writes a text as the language does. */
  readonly quote: (text: string) => string;
  /** Does its client take a login from the URL: percent-decoded, as it stands, or not at all? */
  readonly loginInUrl: "decoded" | "as it stands" | false;
  /** A password or token as its client takes it, where that is not as it is. */
  readonly secret?: (text: string) => string;
  /** Throws where its client could not read these. */
  readonly checkFiles?: (files: ClientFiles) => void;
  /** CI runs its snippets, and their wrong twins, against every core mode. */
  readonly tested: boolean;
  /** What its users should know of the client: why the snippet is as it is. */
  readonly trap?: string;
}

/** By name; each has `templates/snippets/<name>.eta`. */
export const LANGUAGES = {
  cli: {
    client: "nats, the command line",
    version: "0.5",
    quote: shellWord,
    loginInUrl: "decoded",
    secret: natscliSecret,
    checkFiles: checkContextPaths,
    tested: true,
    trap: "`nats rtt` ends with 0 though it could not connect; `nats pub` does not",
  },
  javascript: {
    client: "@nats-io/transport-node",
    version: VERSIONS.natsJs,
    quote: quoteJson,
    loginInUrl: false,
    tested: true,
    trap: "ignores `tls://`: only a `tls` option demands TLS. Checks an IP address against `localhost`. A refusal is tried again for 20 s",
  },
  typescript: {
    client: "@nats-io/transport-node",
    version: VERSIONS.natsJs,
    quote: quoteJson,
    loginInUrl: false,
    tested: true,
    trap: "as JavaScript",
  },
  go: {
    client: "github.com/nats-io/nats.go",
    version: VERSIONS.natsGo,
    quote: quoteJson,
    loginInUrl: "decoded",
    tested: true,
    trap: "an error of a URL that does not parse shows the password in it",
  },
  python: {
    client: "nats-py",
    version: VERSIONS.natsPy,
    quote: quoteJson,
    loginInUrl: "as it stands",
    tested: true,
    trap: "neither `tls://` nor an SSL context demands TLS, so the snippet looks first. With its defaults a refusal takes two minutes, and a failed TLS handshake hangs for ever",
  },
  java: {
    client: "io.nats:jnats",
    version: VERSIONS.jnats,
    quote: quoteJava,
    loginInUrl: "decoded",
    tested: true,
    trap: "checks no host name: the snippet does. The reason of a refusal is told to the error listener alone",
  },
  rust: {
    client: "async-nats",
    version: VERSIONS.asyncNats,
    quote: quoteRust,
    loginInUrl: false,
    tested: true,
    trap: "certificates alone demand no TLS: `tls://` or `require_tls` do. A violation of permissions is told to the event callback alone",
  },
  c: {
    client: "cnats (libnats)",
    version: "3.4.1",
    quote: quoteC,
    loginInUrl: "as it stands",
    tested: true,
    trap: "before 3.13, only `natsOptions_SetSecure` demands TLS. 3.4 writes a login with quotes or backslashes into its CONNECT as it is, which the server cannot read",
  },
  csharp: {
    client: "NATS.Net",
    version: VERSIONS.natsNet,
    quote: quoteCsharp,
    loginInUrl: "decoded",
    tested: false,
    trap: "`TlsMode.Auto` takes plaintext where no TLS is offered",
  },
  ruby: {
    client: "nats-pure",
    version: VERSIONS.natsPure,
    quote: quoteRuby,
    loginInUrl: "as it stands",
    tested: false,
    trap: "an SSL context without `set_params` verifies nothing. Some passwords are refused as part of a URL",
  },
} satisfies Readonly<Record<LanguageName, Language>>;

export type LanguageName = keyof typeof TOOLCHAINS;

/** A word of a POSIX shell, quoted where it must be. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : posixQuote(text);
}
