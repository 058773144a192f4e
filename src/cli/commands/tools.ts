/** Declares the commands that need no sandbox: modes, server. */
import type { Command } from "commander";
import { example, run } from "../program.ts";

export function addToolCommands(program: Command): void {
  program
    .command("modes")
    .summary("list the modes")
    .description("Lists the modes, what each promises, and how many checks it has.")
    .addHelpText("after", example("nats-sandbox modes --json", "as data, checks included"))
    .action(
      run(
        () => import("../modes.ts"),
        (module, command) => module.modes(command.optsWithGlobals()),
      ),
    );
  addServerCommands(program.command("server"));
}

function addServerCommands(server: Command): void {
  server.summary("find, fetch and list nats-server binaries").helpCommand(false);
  server
    .command("path")
    .description("Prints the path of the nats-server that up and check would run, and fetches it if need be.")
    .option("--server <path|version>", "the one to look for")
    .option("--offline", "never fetch")
    .addHelpText("after", example("nats-sandbox server path --server 2.10.26", "a version, fetched once"))
    .action(
      run(
        () => import("../server.ts"),
        (module, command) => module.serverPath(command.optsWithGlobals()),
      ),
    );
  server
    .command("fetch")
    .argument("[version]", "such as 2.10.26; the default version when not given")
    .description(
      "Fetches a nats-server into the cache: the official release, checked against its SHA256SUMS, or\nwhat the machine's package managers have.",
    )
    .addHelpText("after", example("nats-sandbox server fetch 2.10.26", "so that a later run is offline"))
    .action(
      run(
        () => import("../server.ts"),
        (module, command) => module.serverFetch(command.args[0], command.optsWithGlobals()),
      ),
    );
  server
    .command("list")
    .description("Lists the nats-server binaries that are here: on PATH and in the cache.")
    .addHelpText("after", example("nats-sandbox server list --json", "as data"))
    .action(
      run(
        () => import("../server.ts"),
        (module, command) => module.serverList(command.optsWithGlobals()),
      ),
    );
}
