/** Declares the commands that start servers: up, check, exec. */
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  collect,
  configured,
  configuredOptions,
  duration,
  example,
  named,
  run,
  starting,
} from "../program.ts";

/** Tools that are used where they are installed. */
export const OPTIONAL_TOOLS = ["natscli"];

function collectTool(value: string, previous: readonly string[]): readonly string[] {
  if (!OPTIONAL_TOOLS.includes(value))
    throw new InvalidArgumentError(`there is: ${OPTIONAL_TOOLS.join(", ")}`);
  return collect(value, previous);
}

/** For the commands that make checks. */
function reporting(command: Command): Command {
  return command.option(
    "--report <format[=file]>",
    "write a report: html, json, junit, markdown, sarif (repeatable)",
    collect,
    [],
  );
}

export function addStartCommands(program: Command, version: string): void {
  const up = program.command("up").argument("[mode...]", "names, groups or all; core when none is given");
  reporting(configured(named(starting(up))))
    .summary("start, check, print the table; Ctrl-C stops everything")
    .description(
      "Starts a real nats-server for each mode, checks each from both sides, prints the table, and\nkeeps them running until Ctrl-C, or, with --detach, until nats-sandbox down. The next up of the\nsame name has the same ports, credentials and certificates.",
    )
    .option("-d, --detach", "leave them running in the background; nats-sandbox down stops them")
    .option("--keep-on-failure", "with --detach: leave them running although a check failed")
    .addOption(
      new Option("--ttl <time>", "end by itself after 90s, 30m, 2h, 1d; 20d at most").argParser(duration),
    )
    .option("--fresh", "new ports, credentials and certificates")
    .addHelpText("after", example("nats-sandbox up tls-verify user-pass", "two modes"))
    .action(
      run(
        () => import("../up.ts"),
        (module, command) => module.up(command.args, configuredOptions(command), version),
      ),
    );

  configured(
    starting(
      program
        .command("exec")
        .argument("<mode...>", "names or groups")
        .usage("[options] <mode...> -- <command...>"),
    ),
  )
    .summary("run a command against fresh servers")
    .description(
      "Starts fresh servers, runs the command with their environment (NATS_URL and its like: those of the\nfirst mode named; NATS_SANDBOX_<MODE>_URL and so on of each), and stops them. The exit status is\nthe command's own; 125 when the servers did not start, 126 or 127 when the command did not.",
    )
    .option("--as <client>", "the client whose credentials the command gets", "app")
    .addHelpText("after", example("nats-sandbox exec tls-verify -- npm test", "a test suite with mutual TLS"))
    .action(
      run(
        () => import("../exec.ts"),
        (module, command) => {
          // The parser takes the `--` away, and with it the place where the command begins.
          const at = process.argv.indexOf("--");
          const words = at < 0 ? [] : process.argv.slice(at + 1);
          const modes = command.args.slice(0, command.args.length - words.length);
          return module.exec(modes, words, configuredOptions(command));
        },
        125,
      ),
    );

  program
    .command("keep", { hidden: true })
    .argument("<name>")
    .action(
      run(
        () => import("../keep.ts"),
        (module) => module.keep(version),
      ),
    );

  const check = program
    .command("check")
    .argument("[mode...]", "names, groups or all; core when none is given");
  reporting(configured(starting(check)))
    .summary("start, check, report, stop")
    .description(
      "Starts a fresh server for each mode, checks each from both sides, reports, and stops. The exit\nstatus is 0 when everything is as promised, 1 when a check failed or was inconclusive. A report\ngoes into nats-sandbox-report.html (.json, .xml, .md, .sarif) unless a file is given with it.",
    )
    .option(
      "--require <tool>",
      "fail when this optional tool is missing: natscli (repeatable)",
      collectTool,
      [],
    )
    .addHelpText("after", example("nats-sandbox check --report html --report junit=r.xml", "for a CI step"))
    .action(
      run(
        () => import("../check.ts"),
        (module, command) => module.check(command.args, configuredOptions(command), version),
      ),
    );
}
