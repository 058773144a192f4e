/** `nats-sandbox connect`: the code that connects to a running mode. */
import { EXIT, SandboxError } from "../errors.ts";
import { LANGUAGES, type LanguageName, snippet } from "../snippets.ts";
import { result, resultJson } from "./output.ts";
import { type HandOutOptions, oneOf, reachOne } from "./reach.ts";

export interface ConnectOptions extends HandOutOptions {
  readonly lang: string;
  /** Put the login into the URL. */
  readonly url?: boolean;
}

export async function connect(name: string, options: ConnectOptions): Promise<number> {
  const lang = oneOf("language", options.lang, Object.keys(LANGUAGES) as LanguageName[]);
  const loginInUrl = options.url === true;
  if (loginInUrl && !LANGUAGES[lang].loginInUrl)
    throw new SandboxError("usage", `the client of ${lang} takes no login from a URL`, {
      fix: "leave --url out",
    });
  const { mode, client, connection, files } = reachOne(name, options);
  const code = snippet(lang, connection, files, { loginInUrl });
  if (options.json === true) resultJson({ schema: 1, mode, client, lang, code });
  else result(code.trimEnd());
  return EXIT.ok;
}
