/** What can be typed after `nats-sandbox`, read from the argument parser's own declarations. */
import type { Argument, Command, Help, Option } from "commander";
import type { Mode } from "../../model.ts";

export interface Word {
  readonly word: string;
  readonly description: string;
}

/** What may stand for an argument or behind an option: one of some words, a file, a sandbox's name, or anything. */
export type Values = readonly Word[] | "files" | "sandboxes" | "anything";

export interface OptionNode {
  /** `--quiet`, and `-q` where there is one. */
  readonly names: readonly string[];
  readonly description: string;
  /** Absent: it takes none. */
  readonly value?: Values;
}

export interface CommandNode extends Word {
  /** The words that lead here, with a space between; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly CommandNode[];
  /** Global ones included. */
  readonly options: readonly OptionNode[];
  readonly args: readonly { readonly values: Values; readonly repeated: boolean }[];
}

/** What the declarations do not tell. */
export interface Known {
  /** For MODE arguments, and for the names of clients. */
  readonly modes: readonly Mode[];
  /** What an option may be, by `<command> <option>`. */
  readonly words: Readonly<Record<string, readonly string[]>>;
}

export function readTree(program: Command, known: Known): CommandNode {
  return readCommand(program, "", program.createHelp(), known);
}

/** The command and all below it. */
export function flatten(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(flatten)];
}

/** `server|list`: the words so far, and the one that leads on. */
export function commandKeys(commands: readonly CommandNode[]): readonly string[] {
  return commands.flatMap((at) => at.commands.map(({ word }) => `${at.path}|${word}`));
}

/** `up|--engine`: every option that takes a value, and which. */
export function valueKeys(
  commands: readonly CommandNode[],
): readonly { readonly keys: readonly string[]; readonly value: Values }[] {
  return commands.flatMap((at) =>
    at.options.flatMap(({ names, value }) =>
      value === undefined ? [] : [{ keys: names.map((name) => `${at.path}|${name}`), value }],
    ),
  );
}

/** `up|*`, `config|0`: how many arguments there are already, and what the next one may be. */
export function argumentKeys(
  commands: readonly CommandNode[],
): readonly { readonly key: string; readonly values: Values }[] {
  return commands.flatMap(({ path, commands: below, args }) =>
    below.length > 0
      ? [{ key: `${path}|0`, values: below }]
      : args.map(({ values, repeated }, index) => ({ key: `${path}|${repeated ? "*" : index}`, values })),
  );
}

function readCommand(command: Command, path: string, help: Help, known: Known): CommandNode {
  const below = help.visibleCommands(command);
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  return {
    path,
    word: command.name(),
    description: firstLine(command.summary() || command.description()),
    commands: below.map((one) => readCommand(one, `${path} ${one.name()}`.trimStart(), help, known)),
    options: options.map((option) => readOption(option, path, known)),
    args: help.visibleArguments(command).map((argument) => readArgument(argument, known.modes)),
  };
}

function readOption(option: Option, path: string, known: Known): OptionNode {
  const names = [option.long, option.short].filter((name) => name != null);
  const description = firstLine(option.description);
  const placeholder = /[<[](.+)[>\]]/.exec(option.flags)?.[1];
  if (placeholder === undefined) return { names, description };
  return { names, description, value: valuesOf(option, path, placeholder, known) };
}

function valuesOf(option: Option, path: string, placeholder: string, { modes, words }: Known): Values {
  const choices = option.argChoices ?? words[`${path} ${option.long}`];
  if (choices !== undefined) return choices.map(plain);
  if (option.long === "--name") return "sandboxes";
  if (placeholder === "client") return clientWords(modes);
  return /\b(file|path|dir)\b/.test(placeholder) ? "files" : "anything";
}

/** Of any mode: which one is meant may come later in the line. */
function clientWords(modes: readonly Mode[]): readonly Word[] {
  return [...new Set(modes.flatMap(({ clients }) => Object.keys(clients)))].map(plain);
}

function readArgument(argument: Argument, modes: readonly Mode[]): CommandNode["args"][number] {
  const { argChoices, variadic } = argument;
  const values =
    argChoices?.map(plain) ?? (argument.name() === "mode" ? modeWords(modes, variadic) : "anything");
  return { values, repeated: variadic };
}

/** Where several modes may be named, a group and `all` may be too. */
function modeWords(modes: readonly Mode[], several: boolean): readonly Word[] {
  const named = modes.flatMap(({ name, aliases = [], title }) =>
    [name, ...aliases].map((word) => ({ word, description: title })),
  );
  if (!several) return named;
  const groups = [...new Set(modes.flatMap((mode) => mode.groups))];
  const inGroup = groups.map((word) => {
    const members = modes.filter((mode) => mode.groups.includes(word));
    return { word, description: members.map(({ name }) => name).join(", ") };
  });
  return [...named, ...inGroup, { word: "all", description: "every mode" }];
}

function plain(word: string): Word {
  return { word, description: "" };
}

function firstLine(text: string): string {
  return /^[^\n]*/.exec(text)?.[0] ?? "";
}
