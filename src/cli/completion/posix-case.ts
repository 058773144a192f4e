/** The lines of a `case` statement, as bash and zsh write them. */

export interface Case {
  /** Literal texts; a `*` at the end stands for anything. */
  readonly patterns: readonly string[];
  /** Nothing to do: the case is left out. */
  readonly does: string;
}

export function caseLines(cases: readonly Case[]): string {
  return cases
    .filter(({ patterns, does }) => patterns.length > 0 && does !== "")
    .map(({ patterns, does }) => `      ${patterns.map(pattern).join(" | ")}) ${does} ;;`)
    .join("\n");
}

function pattern(text: string): string {
  return text.endsWith("*") ? `${quoted(text.slice(0, -1))}*` : quoted(text);
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Takes a word that is the name of a command. */
export const GO_BELOW = `at="\${at:+$at }$word"`;
