/** Declares the commands that hand out what a mode has: env, connect, certs, config. */
import type { Command } from "commander";
import {
  configured,
  configuredOptions,
  example,
  named,
  run,
  sandboxNameOf,
  sandboxOptionsOf,
} from "../program.ts";

export function addHandOutCommands(program: Command): void {
  addEnvCommand(program.command("env"));
  addConnectCommand(program.command("connect"));
  addCertsCommands(program.command("certs"));
  configured(named(program.command("config").argument("<mode>", "name of a mode")))
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
        (module, command) => module.config(command.args[0] ?? "", configuredOptions(command)),
      ),
    );
}

/** The options of every command that passes on what a client of a running mode got. */
function handingOut(command: Command): Command {
  return configured(named(command)).option("--as <client>", "client of the mode (default: app)");
}

function addEnvCommand(env: Command): void {
  handingOut(
    env.argument("<mode...>", "modes that are up, or groups; the unprefixed variables mean the first"),
  )
    .summary("print the environment of a running mode's client")
    .description(
      "Prints the environment of a mode that is up: NATS_URL and so on, the names that the nats CLI\nreads, and each again as NATS_SANDBOX_<MODE>_URL and so on. A shell unsets the names that the\nmode has no value for. Formats: shell, fish, powershell, dotenv, json, github (for the later\nsteps of a GitHub Actions job, secrets masked), nats-context, kubernetes (Secrets), java (makes a\ntrust store and a key store, and prints @FILE, the argument that makes a JVM use them).",
    )
    .option("--format <name>", "how it is written (default: shell)")
    .option("--url", "put the login into NATS_URL too, percent-encoded")
    .option("--from <place>", "for whom: host (the default), container or network (docker engine)")
    .option("--files <dir>", "the folder there in which the client's files are mounted")
    .addHelpText(
      "after",
      example("nats-sandbox env tls-verify --format dotenv", "for docker compose, node --env-file"),
    )
    .action(
      run(
        () => import("../env.ts"),
        async (module, command) => module.env(command.args, await sandboxOptionsOf(command)),
      ),
    );
}

function addConnectCommand(connect: Command): void {
  handingOut(connect.argument("<mode>", "a mode that is up"))
    .summary("print the code that connects")
    .description(
      "Prints a program that connects to a mode that is up, publishes and receives, credentials\nincluded; with --run, runs it, and ends as it does: not with 0 when it is turned away. Languages:\ncli (the nats command line), javascript, typescript, go, python, java, rust, c, csharp, ruby.",
    )
    .requiredOption("--lang <name>", "cli, javascript, typescript, go, python, java, rust, c, csharp or ruby")
    .option("--url", "put the login into the URL, where the client takes it from there")
    .option("--run", "run it with this machine's toolchain; the client is installed once, into the cache")
    .addHelpText("after", example("nats-sandbox connect tls-verify --lang cli", "a command line of nats"))
    .action(
      run(
        () => import("../connect.ts"),
        async (module, command) => module.connect(command.args[0] ?? "", await sandboxOptionsOf(command)),
      ),
    );
}

function addCertsCommands(certs: Command): void {
  certs
    .summary("list, renew, inspect and export the certificates of running modes")
    .helpCommand(false)
    .addHelpText("after", example("nats-sandbox certs list", "of all modes that are up"));
  configured(
    named(certs.command("list").argument("[mode...]", "modes that are up; all of them when none is given")),
  )
    .summary("list them: whose, what for, until when, and where")
    .description("Lists the certificates of the modes that are up: whose, what for, until when, and where.")
    .addHelpText("after", example("nats-sandbox certs list tls-verify", "those of one mode"))
    .action(
      run(
        () => import("../certs.ts"),
        async (module, command) => module.certsList(command.args, await sandboxOptionsOf(command)),
      ),
    );
  configured(
    named(certs.command("renew").argument("[mode...]", "modes that are up; all of them when none is given")),
  )
    .summary("make new ones, under the running servers")
    .description(
      "Makes a new CA and new certificates at the same paths and reloads the running servers with them.\nClients that are in stay in; new ones need the new files.",
    )
    .addHelpText("after", example("nats-sandbox certs renew tls-verify", "does your client take it?"))
    .action(
      run(
        () => import("../renew.ts"),
        async (module, command) => module.renew(command.args, await sandboxNameOf(command)),
      ),
    );
  handingOut(certs.command("inspect").argument("<mode>", "a mode that is up"))
    .summary("print all that one says")
    .description("Prints all that a certificate says, and the CA that signed it.")
    .option("--server", "the server's certificate, in place of a client's")
    .addHelpText("after", example("nats-sandbox certs inspect tls --server", "what a client is shown"))
    .action(
      run(
        () => import("../certs.ts"),
        async (module, command) =>
          module.certsInspect(command.args[0] ?? "", await sandboxOptionsOf(command)),
      ),
    );
  handingOut(certs.command("export").argument("<mode>", "a mode that is up"))
    .summary("write a client's into a folder, as PEM or for Java")
    .description(
      "Writes a client's certificates into a folder: ca.pem, cert.pem and key.pem, or for Java\ntruststore.p12, keystore.p12, their password, and the options that make a JVM use them. Only\nyou can read them unless --readable is given. They are test keys.",
    )
    .requiredOption("--format <name>", "pem or pkcs12")
    .requiredOption("--out <dir>", "the folder; made when it is missing")
    .option("--readable", "let every user of the machine read the files, the key too")
    .option("--force", "overwrite files that differ")
    .addHelpText("after", example("nats-sandbox certs export tls --format pem --out ./pki", "the CA alone"))
    .action(
      run(
        () => import("../certs-export.ts"),
        async (module, command) => module.certsExport(command.args[0] ?? "", await sandboxOptionsOf(command)),
      ),
    );
}
