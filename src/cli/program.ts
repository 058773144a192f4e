/** What every command's declaration is made of; loads the argument parser alone. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Mode } from "../model.ts";
import { ENGINES, KEY_TYPES, PULL_POLICIES } from "../option-words.ts";

/** Lists the work of a command: loaded when it is run, and not before. */
export type Handler<Module> = (module: Module, command: Command) => Promise<number>;

/**
 * Runs a command's handler; its options come with the global ones, as one object (`command.optsWithGlobals()`).
 * `failed` is the exit status of what is neither wrong use nor a signal, where a command has one of its own.
 */
export function run<Module>(load: () => Promise<Module>, use: Handler<Module>, failed?: number) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    const { guard } = await import("./guard.ts");
    const options = { ...command.optsWithGlobals(), ...(failed === undefined ? {} : { failed }) };
    process.exitCode = await guard(options, async () => use(await load(), command));
  };
}

export function example(command: string, comment: string): string {
  return `\nExample:\n  ${command.padEnd(45)}  ${comment}`;
}

/** For an option that may be given several times. */
export function collect(value: string, previous: readonly string[]): readonly string[] {
  if (value.trim() === "") throw new InvalidArgumentError("it is empty");
  return [...previous, value];
}

/** A whole number from 1 on. */
export function atLeastOne(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError("it is no whole number from 1 on");
  return Number(value);
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `90s`, `30m`, `2h` or `1d`, in seconds. */
export function duration(value: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(value) ?? [];
  const seconds = Number(count) * SECONDS[unit as keyof typeof SECONDS];
  // A timer of Node holds 2^31 ms, which are 24 days.
  if (!(seconds > 0 && seconds <= 20 * SECONDS.d))
    throw new InvalidArgumentError("it is no time such as 90s, 30m, 2h or 1d, 20d at most");
  return seconds;
}

/** The options of every command that reads nats-sandbox.yaml. */
export function configured(command: Command): Command {
  return command.addOption(
    new Option(
      "--config <file>",
      "settings and own modes; nats-sandbox.yaml in the working directory when it is there",
    ).argParser(notEmpty),
  );
}

function notEmpty(value: string): string {
  if (value.trim() === "") throw new InvalidArgumentError("it is empty");
  return value;
}

/** All options of a command, and which of its own stand on the command line: these win over the file. */
export function configuredOptions<Options>(
  command: Command,
): Options & { readonly given: readonly string[] } {
  const names = command.options.map((option) => option.attributeName());
  const given = names.filter((name) => command.getOptionValueSource(name) === "cli");
  return { ...command.optsWithGlobals<Options & object>(), given };
}

/** Options of a command for a sandbox that is up: the file may name it, and own modes that run in it. */
export async function sandboxOptionsOf<Options extends { readonly name: string }>(
  command: Command,
): Promise<Options & { readonly modes: readonly Mode[] }> {
  const flags = configuredOptions<Options>(command);
  const { settle } = await import("./settings.ts");
  const { options, modes } = await settle([], flags);
  return { ...flags, name: options.name, modes };
}

/** The same for a command that asks for no more than a name: given one, it needs no file. */
export async function sandboxNameOf<Options extends { readonly name: string }>(
  command: Command,
): Promise<Options> {
  const flags = configuredOptions<Options>(command);
  return flags.given.includes("name") ? flags : sandboxOptionsOf<Options>(command);
}

export function named(command: Command): Command {
  return command.option("--name <name>", "name of the sandbox", "default");
}

/** The options of every command that starts servers. */
export function starting(command: Command): Command {
  return command
    .addOption(
      new Option("--engine <name>", "what runs the servers; kubernetes is not there yet")
        .choices(ENGINES)
        .default("auto"),
    )
    .option("--server <path|version>", "the nats-server to run; found or fetched when not given")
    .option("--offline", "never fetch a nats-server, nor pull an image")
    .option("--image <name>", "docker: an image whose entry point is nats-server, not the official one")
    .addOption(
      new Option("--pull <when>", "docker: when to pull the image (default: missing)").choices(PULL_POLICIES),
    )
    .option("--network <name>", "docker: join this network too, each server as nats-MODE")
    .option("--alias <name>", "docker: the server's name in that network, when one mode is started")
    .option("--containers", "docker: publish to containers too, as host.docker.internal")
    .option(
      "--host <name>",
      "a name or address that the certificates are good for too (repeatable)",
      collect,
      [],
    )
    .addOption(
      new Option("--key-type <type>", "kind of the certificates' keys").choices(KEY_TYPES).default("p256"),
    )
    .option("--jetstream", "keep streams: 64 MiB of memory, 1 GiB of disk a server")
    .option("--monitor", "open the monitoring port too, on loopback");
}
