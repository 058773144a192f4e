/** Declares the commands that start servers: up, check. */
import { type Command, InvalidArgumentError } from "commander";
import { collect, example, named, run, starting } from "../program.ts";

/** Tools that are used where they are installed. */
const OPTIONAL_TOOLS = ["natscli"];

function collectTool(value: string, previous: readonly string[]): readonly string[] {
  if (!OPTIONAL_TOOLS.includes(value))
    throw new InvalidArgumentError(`there is: ${OPTIONAL_TOOLS.join(", ")}`);
  return collect(value, previous);
}

export function addStartCommands(program: Command, version: string): void {
  named(
    starting(program.command("up").argument("[mode...]", "names, groups or all; core when none is given")),
  )
    .summary("start, check, print the table; Ctrl-C stops everything")
    .description(
      "Starts a real nats-server for each mode, checks each from both sides, prints the table, and\nkeeps them running until Ctrl-C, which leaves nothing behind.",
    )
    .addHelpText("after", example("nats-sandbox up tls-verify user-pass", "two modes"))
    .action(
      run(
        () => import("../up.ts"),
        (module, command) => module.up(command.args, command.optsWithGlobals(), version),
      ),
    );

  starting(program.command("check").argument("[mode...]", "names, groups or all; core when none is given"))
    .summary("start, check, report, stop")
    .description(
      "Starts a fresh server for each mode, checks each from both sides, reports, and stops. The exit\nstatus is 0 when everything is as promised, 1 when a check failed or was inconclusive.",
    )
    .option(
      "--require <tool>",
      "fail when this optional tool is missing: natscli (repeatable)",
      collectTool,
      [],
    )
    .addHelpText("after", example("nats-sandbox check core --json > report.json", "for a CI step"))
    .action(
      run(
        () => import("../check.ts"),
        (module, command) => module.check(command.args, command.optsWithGlobals(), version),
      ),
    );
}
