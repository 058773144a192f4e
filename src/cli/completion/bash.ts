/** The completion script for bash, from 3.2 on. */
import { caseLines, GO_BELOW, quoted } from "./posix-case.ts";
import { argumentKeys, type CommandNode, commandKeys, flatten, type Values, valueKeys } from "./tree.ts";

export function bashScript(program: CommandNode): string {
  const commands = flatten(program);
  const valued = valueKeys(commands);
  return `# Completion of nats-sandbox for bash. In ~/.bashrc: source <(nats-sandbox completion bash)
# (bash 3.2: eval "$(nats-sandbox completion bash)")

_nats_sandbox_names() {
  local marker
  for marker in "\${NATS_SANDBOX_HOME:-.nats-sandbox}"/*/.sandbox.json; do
    [[ -e $marker ]] && marker=\${marker%/*} && printf '%s\\n' "\${marker##*/}"
  done
}

_nats_sandbox() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at='' option='' count=0 rest='' words='' i word
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $rest ]]; then rest=more; continue; fi
    [[ $word == = ]] && continue # bash makes three words of --name=value
    if [[ -n $option ]]; then option=''; continue; fi
    case "$at|$word" in
      *'|--') rest=first ;;
${caseLines([{ patterns: valued.flatMap(({ keys }) => keys), does: "option=$word" }])}
      *'|-'*) ;;
${caseLines([{ patterns: commandKeys(commands), does: GO_BELOW }])}
      *) count=$((count + 1)) ;;
    esac
  done
  [[ $cur == = ]] && cur=''
  if [[ $rest == first ]]; then
    COMPREPLY=($(compgen -c -- "$cur"))
    return
  elif [[ -n $rest ]]; then
    words='<files>'
  elif [[ -n $option ]]; then
    case "$at|$option" in
${caseLines(valued.map(({ keys, value }) => ({ patterns: keys, does: `words=${wordsOf(value)}` })))}
    esac
  elif [[ $cur == -* ]]; then
    case "$at" in
${caseLines(commands.map(({ path, options }) => ({ patterns: [path], does: `words=${quoted(options.flatMap(({ names }) => names).join(" "))}` })))}
    esac
  else
    case "$at|$count" in
${caseLines(argumentKeys(commands).map(({ key, values }) => ({ patterns: [key], does: `words=${wordsOf(values)}` })))}
    esac
  fi
  case "$words" in
    '<sandboxes>') words=$(_nats_sandbox_names) ;;
    '<files>')
      compopt -o filenames 2> /dev/null
      local IFS=$'\\n'
      COMPREPLY=($(compgen -f -- "$cur"))
      return
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}

complete -F _nats_sandbox nats-sandbox
`;
}

function wordsOf(values: Values): string {
  if (values === "anything") return "''";
  return quoted(typeof values === "string" ? `<${values}>` : values.map(({ word }) => word).join(" "));
}
