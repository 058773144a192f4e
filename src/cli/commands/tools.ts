/** Declares the commands that need no sandbox: modes, init, passwd, server, doctor, completion. */
import { Argument, type Command, InvalidArgumentError } from "commander";
import type { Shell } from "../completion.ts";
import { configured, configuredOptions, example, run } from "../program.ts";

export function addToolCommands(program: Command): void {
  configured(program.command("modes"))
    .summary("list the modes")
    .description("Lists the modes, what each promises, and how many checks it has.")
    .addHelpText("after", example("nats-sandbox modes --json", "as data, checks included"))
    .action(
      run(
        () => import("../modes.ts"),
        (module, command) => module.modes(configuredOptions(command)),
      ),
    );
  addInitCommand(program.command("init"));
  addPasswdCommand(program.command("passwd"));
  addServerCommands(program.command("server"));
  addDoctorCommand(program.command("doctor"), program);
  addCompletionCommand(program.command("completion"), program);
}

function addInitCommand(init: Command): void {
  init
    .argument("[file]", "where to", "nats-sandbox.yaml")
    .summary("write a nats-sandbox.yaml to start from")
    .description(
      "Writes a nats-sandbox.yaml that works as it stands, with a comment for each key and two own modes\nto change. Leaves a file that is there alone, unless --force is given.",
    )
    .option("--force", "replace a file that is there")
    .addHelpText("after", example("nats-sandbox init && nats-sandbox check", "the modes in it, checked"))
    .action(
      run(
        () => import("../init.ts"),
        (module, command) => module.init(command.processedArgs[0], command.optsWithGlobals()),
      ),
    );
}

function addDoctorCommand(doctor: Command, program: Command): void {
  doctor
    .summary("what is here, what is wrong, and what mends it")
    .description(
      "Looks at this machine: Node, nats-server, Docker, disk, clock, environment, and the sandboxes of\nthis directory. Changes nothing and fetches nothing; a remote Docker engine is asked over the network.\nThe exit status is 3 when something must be mended before up works.",
    )
    .addHelpText("after", example("nats-sandbox doctor --json", "as data, for a bug report"))
    .action(
      run(
        () => import("../doctor.ts"),
        (module, command) => module.doctor(command.optsWithGlobals(), program.version() ?? ""),
      ),
    );
}

function addCompletionCommand(completion: Command, program: Command): void {
  completion
    .addArgument(new Argument("<shell>", "the shell it is for").choices(["bash", "zsh", "fish"]))
    .summary("print a script that completes this command line in a shell")
    .description(
      `Prints a script that lets a shell complete commands, options, modes and names of sandboxes.

  bash   source <(nats-sandbox completion bash)      in ~/.bashrc
  zsh    source <(nats-sandbox completion zsh)       in ~/.zshrc, after compinit
  fish   nats-sandbox completion fish > ~/.config/fish/completions/nats-sandbox.fish`,
    )
    .addHelpText("after", example("nats-sandbox completion bash", "the script itself"))
    .action(
      run(
        () => import("../completion.ts"),
        (module, command) => module.completion(command.args[0] as Shell, program, command.optsWithGlobals()),
      ),
    );
}

/** Below 4 there is no bcrypt. Above 16 a server would compute for seconds at every login, and time it out. */
const COSTS = { lowest: 4, highest: 16, usual: 11 };

function parseCost(value: string): number {
  const cost = Number(value);
  if (/^\d+$/.test(value) && cost >= COSTS.lowest && cost <= COSTS.highest) return cost;
  throw new InvalidArgumentError(`it is a whole number from ${COSTS.lowest} to ${COSTS.highest}`);
}

function addPasswdCommand(passwd: Command): void {
  passwd
    .summary("print the bcrypt hash of a password, for a server config")
    .description(
      "Prints the bcrypt hash of a password: what stands for it in a server config, in quotes. The password\nis asked for on the terminal, twice and unseen, or read from stdin as one line; never from the\ncommand line, which every user of the machine can read.",
    )
    .option(
      "--cost <n>",
      `work per login, doubled by each step: ${COSTS.lowest} to ${COSTS.highest}`,
      parseCost,
      COSTS.usual,
    )
    .option("--random", "make a random password, and print it with its hash")
    // What does not belong here may be a password: the parser would repeat it in its error.
    .allowExcessArguments()
    .allowUnknownOption()
    .addHelpText("after", example("nats-sandbox passwd --random", "a password and its hash"))
    .action(
      run(
        () => import("../passwd.ts"),
        (module, command) => module.passwd(command.args, command.optsWithGlobals()),
      ),
    );
}

function addServerCommands(server: Command): void {
  server
    .summary("find, fetch and list nats-server binaries")
    .helpCommand(false)
    .addHelpText("after", example("nats-sandbox server list", "what is here"));
  server
    .command("path")
    .summary("print the path of the one that up and check would run")
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
    .summary("fetch one into the cache")
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
    .summary("list those that are here, on PATH and in the cache")
    .description("Lists the nats-server binaries that are here: on PATH and in the cache.")
    .addHelpText("after", example("nats-sandbox server list --json", "as data"))
    .action(
      run(
        () => import("../server.ts"),
        (module, command) => module.serverList(command.optsWithGlobals()),
      ),
    );
}
