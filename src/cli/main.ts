#!/usr/bin/env node
/** The command line. Loads the argument parser alone; each command brings what it needs when it is run. */
import { readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { EXIT } from "../errors.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

function collect(value: string, previous: readonly string[]): readonly string[] {
  if (value.trim() === "") throw new InvalidArgumentError("it is empty");
  return [...previous, value];
}

/** Tools that are used where they are installed. */
const OPTIONAL_TOOLS = ["natscli"];

function collectTool(value: string, previous: readonly string[]): readonly string[] {
  if (!OPTIONAL_TOOLS.includes(value))
    throw new InvalidArgumentError(`there is: ${OPTIONAL_TOOLS.join(", ")}`);
  return [...previous, value];
}

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

function example(command: string, comment: string): string {
  return `\nExample:\n  ${command.padEnd(46)} ${comment}`;
}

function starting(command: Command): Command {
  return command
    .addOption(
      new Option("--engine <name>", "what runs the servers")
        .choices(["auto", "process", "docker", "kubernetes"])
        .default("auto"),
    )
    .option("--server <path|version>", "the nats-server to run; found or fetched when not given")
    .option("--offline", "never fetch a nats-server")
    .option(
      "--host <name>",
      "a name or address that the certificates are good for too (repeatable)",
      collect,
      [],
    )
    .addOption(
      new Option("--key-type <type>", "kind of the certificates' keys")
        .choices(["p256", "p384", "rsa2048", "ed25519"])
        .default("p256"),
    )
    .option("--monitor", "open the monitoring port too, on loopback");
}

/** The options of a command with the global ones, as one object. */
function run<Module>(
  load: () => Promise<Module>,
  use: (module: Module, command: Command) => Promise<number>,
) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    const { guard } = await import("./guard.ts");
    process.exitCode = await guard(command.optsWithGlobals(), async () => use(await load(), command));
  };
}

starting(program.command("up").argument("[mode...]", "names, groups or all; core when none is given"))
  .summary("start, check, print the table; Ctrl-C stops everything")
  .description(
    "Starts a real nats-server for each mode, checks each from both sides, prints the table, and\nkeeps them running until Ctrl-C, which leaves nothing behind.",
  )
  .option("--name <name>", "name of the sandbox", "default")
  .addHelpText("after", example("nats-sandbox up tls-verify user-pass", "two modes"))
  .action(
    run(
      () => import("./up.ts"),
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
      () => import("./check.ts"),
      (module, command) => module.check(command.args, command.optsWithGlobals(), version),
    ),
  );

program
  .command("modes")
  .summary("list the modes")
  .description("Lists the modes, what each promises, and how many checks it has.")
  .addHelpText("after", example("nats-sandbox modes --json", "as data, checks included"))
  .action(
    run(
      () => import("./modes.ts"),
      (module, command) => module.modes(command.optsWithGlobals()),
    ),
  );

program
  .command("config")
  .argument("<mode>", "name of a mode")
  .summary("print the server config of a mode")
  .description(
    "Prints the server config of a mode: of the running sandbox, or, when the mode is not up, the one\nit would get. Secrets are masked unless --reveal is given.",
  )
  .option("--name <name>", "name of the sandbox", "default")
  .option("--server <path|version>", "the nats-server that the config is for")
  .option("--reveal", "print secrets in clear")
  .addHelpText("after", example("nats-sandbox config tls-verify", "with its security lines marked # sec:"))
  .action(
    run(
      () => import("./config.ts"),
      (module, command) => module.config(command.args[0] ?? "", command.optsWithGlobals()),
    ),
  );

const server = program
  .command("server")
  .summary("find, fetch and list nats-server binaries")
  .helpCommand(false);
server
  .command("path")
  .description("Prints the path of the nats-server that up and check would run, and fetches it if need be.")
  .option("--server <path|version>", "the one to look for")
  .option("--offline", "never fetch")
  .addHelpText("after", example("nats-sandbox server path --server 2.10.26", "a version, fetched once"))
  .action(
    run(
      () => import("./server.ts"),
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
      () => import("./server.ts"),
      (module, command) => module.serverFetch(command.args[0], command.optsWithGlobals()),
    ),
  );
server
  .command("list")
  .description("Lists the nats-server binaries that are here: on PATH and in the cache.")
  .addHelpText("after", example("nats-sandbox server list --json", "as data"))
  .action(
    run(
      () => import("./server.ts"),
      (module, command) => module.serverList(command.optsWithGlobals()),
    ),
  );

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  // The parser has told people already; what reads JSON has no other way to know.
  if (process.exitCode !== EXIT.ok && process.argv.includes("--json"))
    process.stdout.write(`${JSON.stringify({ schema: 1, error: usageError(error.message) }, null, 2)}\n`);
}

function usageError(said: string): unknown {
  const [message = "", ...detail] = said.replace(/^error: /, "").split("\n");
  const more = detail.length === 0 ? {} : { detail: detail.join("\n") };
  return { code: "usage", message, ...more, fix: "nats-sandbox --help shows what there is" };
}
