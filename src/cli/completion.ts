/** `nats-sandbox completion`: a script that lets a shell complete the command line, made from its own declarations. */
import type { Command } from "commander";
import { EXIT } from "../errors.ts";
import { MODES } from "../modes/all.gen.ts";
import { bashScript } from "./completion/bash.ts";
import { fishScript } from "./completion/fish.ts";
import { readTree } from "./completion/tree.ts";
import { zshScript } from "./completion/zsh.ts";
import { type GlobalOptions, result, resultJson } from "./output.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export type Shell = keyof typeof SCRIPTS;

export async function completion(shell: Shell, program: Command, options: GlobalOptions): Promise<number> {
  const script = SCRIPTS[shell](readTree(program, MODES));
  if (options.json === true) resultJson({ schema: 1, shell, script });
  else result(script.trimEnd());
  return EXIT.ok;
}
