/** `nats-sandbox connect`: the code that connects to a running mode; with `--run`, run. */
import { dirname } from "node:path";
import { withoutOurs } from "../env.ts";
import { EXIT, SandboxError } from "../errors.ts";
import { LANGUAGES, type LanguageName } from "../snippets/languages.ts";
import { snippet } from "../snippets/snippet.ts";
import { runCommand } from "./child.ts";
import { complain, result, resultJson } from "./output.ts";
import { type HandOutOptions, oneOf, reachOne } from "./reach.ts";
import { listenForSignals } from "./signals.ts";

export interface ConnectOptions extends HandOutOptions {
  readonly lang: string;
  /** Put the login into the URL. */
  readonly url?: boolean;
  /** Run it here, in place of printing it. */
  readonly run?: boolean;
}

export async function connect(name: string, options: ConnectOptions): Promise<number> {
  const lang = oneOf("language", options.lang, Object.keys(LANGUAGES) as LanguageName[]);
  if (options.run === true && options.json === true)
    throw new SandboxError("usage", "--run and --json do not go together", { fix: "leave one of them out" });
  const { mode, client, connection, files, envFile } = reachOne(name, options);
  const code = snippet(lang, connection, files, { loginInUrl: options.url === true });
  if (options.run === true) return runHere(lang, code, dirname(envFile), options);
  if (options.json === true) resultJson({ schema: 1, mode, client, lang, code });
  else result(code.trimEnd());
  return EXIT.ok;
}

/** With its standard streams; ends as it did. */
async function runHere(
  lang: LanguageName,
  code: string,
  within: string,
  { quiet }: ConnectOptions,
): Promise<number> {
  const { makeRunnable } = await loadRunnable();
  using signals = listenForSignals();
  using runnable = await makeRunnable(lang, code, within, {
    env: withoutOurs(process.env),
    onProgress: (line) => quiet === true || complain(line),
    signal: signals.signal,
  });
  return await runCommand(runnable.program, runnable.args, runnable.env, signals);
}

/** On its own: tsc does not rewrite the import of a function that has `using` in it. */
function loadRunnable() {
  return import("../snippets/runnable.ts");
}
