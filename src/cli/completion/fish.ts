/** The completion script for fish. */
import {
  argumentKeys,
  type CommandNode,
  commandKeys,
  flatten,
  type OptionNode,
  type Values,
  valueKeys,
} from "./tree.ts";

export function fishScript(program: CommandNode): string {
  const commands = flatten(program);
  const valued = valueKeys(commands).flatMap(({ keys }) => keys);
  return `# Completion of nats-sandbox for fish. Once:
# nats-sandbox completion fish > ~/.config/fish/completions/nats-sandbox.fish

function __nats_sandbox_names
    set -l home .nats-sandbox
    test -n "$NATS_SANDBOX_HOME"; and set home $NATS_SANDBOX_HOME
    for marker in $home/*/.sandbox.json
        string replace -r '^.*/([^/]+)/[^/]+$' '$1' -- $marker
    end
end

# The command so far, a "|", and how many arguments it has.
function __nats_sandbox_line
    set -l words (commandline -opc)
    set -e words[1]
    set -l at ''
    set -l count 0
    set -l value no
    for word in $words
        if test $value = yes
            set value no
            continue
        end
        switch "$at|$word"
            case '*|--'
                echo rest
                return
${cases(valued, "set value yes")}
            case '*|-*'
${cases(commandKeys(commands), 'set at (string trim -- "$at $word")')}
            case '*'
                set count (math $count + 1)
        end
    end
    echo "$at|$count"
end

# Whether that matches, where * stands for any number.
function __nats_sandbox_at
    string match -q -- $argv[1] (__nats_sandbox_line)
end

complete -c nats-sandbox -f
complete -c nats-sandbox -n '__nats_sandbox_at rest' -F
${argumentKeys(commands)
  .flatMap(({ key, values }) => (values === "anything" ? [] : valueLines(condition(key), values)))
  .join("\n")}
${commands.flatMap(({ path, options }) => options.map((option) => optionLine(path, option))).join("\n")}
`;
}

function cases(patterns: readonly string[], does: string): string {
  return patterns.length === 0
    ? ""
    : `            case ${patterns.map(quoted).join(" ")}\n                ${does}`;
}

function valueLines(at: string, values: Exclude<Values, "anything">): readonly string[] {
  if (values === "files") return [`${at} -F`];
  if (values === "sandboxes") return [`${at} -a '(__nats_sandbox_names)'`];
  return values.map(({ word, description }) => `${at} -a ${quoted(word)}${described(description)}`);
}

function optionLine(path: string, { names, description, value }: OptionNode): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return `${condition(`${path}|*`)} ${flags.join(" ")}${valueFlags(value)}${described(description)}`;
}

function valueFlags(value: Values | undefined): string {
  if (value === undefined) return "";
  if (value === "files") return " -r -F";
  if (value === "anything") return " -x";
  if (value === "sandboxes") return " -x -a '(__nats_sandbox_names)'";
  return ` -x -a ${quoted(value.map(({ word }) => word).join(" "))}`;
}

function condition(at: string): string {
  return `complete -c nats-sandbox -n ${quoted(`__nats_sandbox_at ${quoted(at)}`)}`;
}

function described(description: string): string {
  return description === "" ? "" : ` -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
