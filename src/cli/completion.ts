/** `nats-sandbox completion`: a script that lets a shell complete the command line, made from its own declarations. */
import type { Command } from "commander";
import { EXIT } from "../errors.ts";
import { MODES } from "../modes/all.gen.ts";
import { REPORT_FORMATS } from "../report/formats.ts";
import { LANGUAGES } from "../snippets/languages.ts";
import { FORMATS as CERTIFICATE_FORMATS } from "./certs-export.ts";
import { OPTIONAL_TOOLS } from "./commands/start.ts";
import { bashScript } from "./completion/bash.ts";
import { fishScript } from "./completion/fish.ts";
import { readTree } from "./completion/tree.ts";
import { zshScript } from "./completion/zsh.ts";
import { FORMATS as ENVIRONMENT_FORMATS } from "./env.ts";
import { type GlobalOptions, result, resultJson } from "./output.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Where the command itself, and not the parser, knows what an option may be. */
const WORDS = {
  "up --report": REPORT_FORMATS,
  "check --report": REPORT_FORMATS,
  "check --require": OPTIONAL_TOOLS,
  "env --format": ENVIRONMENT_FORMATS,
  "connect --lang": Object.keys(LANGUAGES),
  "certs export --format": CERTIFICATE_FORMATS,
};

export type Shell = keyof typeof SCRIPTS;

export async function completion(shell: Shell, program: Command, options: GlobalOptions): Promise<number> {
  const script = SCRIPTS[shell](readTree(program, { modes: MODES, words: WORDS }));
  if (options.json === true) resultJson({ schema: 1, shell, script });
  else result(script.trimEnd());
  return EXIT.ok;
}
