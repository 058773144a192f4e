/** The completion script for zsh. */
import { caseLines, GO_BELOW, quoted } from "./posix-case.ts";
import {
  argumentKeys,
  type CommandNode,
  commandKeys,
  flatten,
  type Values,
  valueKeys,
  type Word,
} from "./tree.ts";

export function zshScript(program: CommandNode): string {
  const commands = flatten(program);
  const valued = valueKeys(commands);
  return `#compdef nats-sandbox
# Completion of nats-sandbox for zsh. In ~/.zshrc, after compinit: source <(nats-sandbox completion zsh)

_nats-sandbox() {
  local at='' option='' count=0 i word
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -n $option ]]; then option=''; continue; fi
    case "$at|$word" in
      *'|--')
        words=("\${(@)words[i+1,-1]}")
        ((CURRENT -= i))
        _normal
        return
        ;;
${caseLines([{ patterns: valued.flatMap(({ keys }) => keys), does: "option=$word" }])}
      *'|-'*) ;;
${caseLines([{ patterns: commandKeys(commands), does: GO_BELOW }])}
      *) ((count++)) ;;
    esac
  done
  if [[ -z $option && $words[CURRENT] == --*=* ]]; then
    option=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  if [[ -n $option ]]; then
    case "$at|$option" in
${caseLines(valued.map(({ keys, value }) => ({ patterns: keys, does: offer("value", value) })))}
    esac
  elif [[ $words[CURRENT] == -* ]]; then
    case "$at" in
${caseLines(commands.map(({ path, options }) => ({ patterns: [path], does: offer("option", options.flatMap(optionWords)) })))}
    esac
  else
    case "$at|$count" in
${caseLines(argumentKeys(commands).map(({ key, values }) => ({ patterns: [key], does: offer("argument", values) })))}
    esac
  fi
}

_nats-sandbox-names() {
  local -a found
  found=("\${NATS_SANDBOX_HOME:-.nats-sandbox}"/*/.sandbox.json(N:h:t))
  _describe sandbox found
}

if [[ $funcstack[1] == _nats-sandbox ]]; then
  _nats-sandbox "$@"
else
  compdef _nats-sandbox nats-sandbox
fi
`;
}

function optionWords({ names, description }: CommandNode["options"][number]): readonly Word[] {
  return names.map((word) => ({ word, description }));
}

/** Empty for what only the user can know. */
function offer(what: string, values: Values): string {
  if (values === "files") return "_files";
  if (values === "sandboxes") return "_nats-sandbox-names";
  if (values === "anything") return "";
  const words = values.map(({ word, description }) =>
    quoted(description === "" ? word : `${word}:${description}`),
  );
  return `found=(${words.join(" ")}); _describe${what === "option" ? " -o" : ""} ${what} found`;
}
