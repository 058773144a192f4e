/** Declares the commands that hand out what a mode has: config. */
import type { Command } from "commander";
import { example, named, run } from "../program.ts";

export function addHandOutCommands(program: Command): void {
  named(program.command("config").argument("<mode>", "name of a mode"))
    .summary("print the server config of a mode")
    .description(
      "Prints the server config of a mode: of the running sandbox, or, when the mode is not up, the one\nit would get. Secrets are masked unless --reveal is given.",
    )
    .option("--server <path|version>", "the nats-server that the config is for")
    .option("--reveal", "print secrets in clear")
    .addHelpText("after", example("nats-sandbox config tls-verify", "with its security lines marked # sec:"))
    .action(
      run(
        () => import("../config.ts"),
        (module, command) => module.config(command.args[0] ?? "", command.optsWithGlobals()),
      ),
    );
}
