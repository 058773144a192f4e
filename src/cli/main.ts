#!/usr/bin/env node
/** The command line. Loads the argument parser alone; each command brings what it needs when it is run. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { ERROR_STATUS, EXIT } from "../errors.ts";
import { addDetachedCommands } from "./commands/detached.ts";
import { addHandOutCommands } from "./commands/hand-out.ts";
import { addStartCommands } from "./commands/start.ts";
import { addToolCommands } from "./commands/tools.ts";
import { example } from "./program.ts";
import { isResultLost, watchStreams } from "./streams.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const program = new Command("nats-sandbox")
  .description(
    "Real, secured NATS servers for every security mode, with fresh certificates and\ncredentials, and proof of what gets in and what is turned away.",
  )
  .version(version, "-V, --version", "print the version")
  .helpOption("-h, --help", "show help")
  .helpCommand(false)
  .option("--json", "print one JSON document on stdout instead of text")
  .option("-q, --quiet", "print results and errors only")
  .option("-v, --verbose", "print every check, and the stack of an error")
  .option("--no-color", "no colours (they are used on terminals only)")
  .configureHelp({ showGlobalOptions: true, helpWidth: 100 })
  .showSuggestionAfterError()
  .showHelpAfterError("(nats-sandbox --help shows what there is)")
  .exitOverride()
  .addHelpText("after", example("npx nats-sandbox up", 'every mode of the NATS page "Securing Connections"'));

addStartCommands(program, version);
addDetachedCommands(program);
addHandOutCommands(program);
addToolCommands(program);

watchStreams();
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  // The parser has told people already; what reads JSON has no other way to know.
  if (process.exitCode !== EXIT.ok && process.argv.includes("--json"))
    process.stdout.write(`${JSON.stringify({ schema: 1, error: usageError(error.message) }, null, 2)}\n`);
}
if ((await isResultLost()) && !process.exitCode) process.exitCode = ERROR_STATUS["output-unusable"];

function usageError(said: string): unknown {
  const [message = "", ...detail] = said.replace(/^error: /, "").split("\n");
  const more = detail.length === 0 ? {} : { detail: detail.join("\n") };
  return { code: "usage", message, ...more, fix: "nats-sandbox --help shows what there is" };
}
