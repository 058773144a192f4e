/** Declares the commands for a sandbox that is up: down, status, logs, restart. */
import { type Command, Option } from "commander";
import { atLeastOne, configured, example, named, run, sandboxNameOf } from "../program.ts";

export function addDetachedCommands(program: Command): void {
  configured(named(program.command("down")))
    .summary("stop a sandbox")
    .description(
      "Stops a sandbox: its servers end, their streams are deleted. Its ports, credentials and\ncertificates stay for the next up, unless --forget is given.",
    )
    .option("--all", "every sandbox of this directory")
    .option("--forget", "delete its ports, credentials and certificates too")
    .addHelpText("after", example("nats-sandbox down --all", "whatever is up here"))
    .action(
      run(
        () => import("../down.ts"),
        async (module, command) => module.down(await sandboxNameOf(command)),
      ),
    );

  configured(named(program.command("status")))
    .summary("what a sandbox runs")
    .description(
      "Shows what a sandbox runs: modes, URLs, and what the checks came to. The exit status is 1 when a\nserver ended by itself or a check was not as promised, 3 when the sandbox is not up.",
    )
    .option("--all", "every sandbox of this directory")
    .addHelpText("after", example("nats-sandbox status --json", "as data: ports, files, owner"))
    .action(
      run(
        () => import("../status.ts"),
        async (module, command) => module.status(await sandboxNameOf(command)),
      ),
    );

  configured(
    named(
      program.command("logs").argument("[mode...]", "names or groups; all that are up when none is given"),
    ),
  )
    .summary("what the servers say")
    .description("Prints the servers' logs since their last start, with every secret masked.")
    .option("-f, --follow", "go on with what is still to come, until Ctrl-C")
    .addOption(new Option("-n, --lines <count>", "the last lines of each server only").argParser(atLeastOne))
    .addHelpText("after", example("nats-sandbox logs tls-verify -f", "watch who is turned away, and why"))
    .action(
      run(
        () => import("../logs.ts"),
        async (module, command) => module.logs(command.args, await sandboxNameOf(command)),
      ),
    );

  configured(
    named(
      program.command("restart").argument("[mode...]", "names or groups; all that are up when none is given"),
    ),
  )
    .summary("restart servers on the same ports")
    .description(
      "Restarts the servers of a sandbox: same ports, credentials, certificates and streams. For a client\nthat must survive it.",
    )
    .addHelpText("after", example("nats-sandbox restart tls-verify", "that mode alone"))
    .action(
      run(
        () => import("../restart.ts"),
        async (module, command) => module.restart(command.args, await sandboxNameOf(command)),
      ),
    );
}
