/** Variables in a value, as Compose has them: `${VAR}`, `${VAR:-default}`, `${VAR:?why}`, `${VAR:+other}`, `$VAR`, `$$`. */

export interface Expanded {
  readonly text: string;
  /** Names of the variables whose values are in it; none where only a default is. */
  readonly variables: readonly string[];
  /** Is it another text than stands in the file? */
  readonly expanded: boolean;
}

/** A dollar that cannot be expanded. Holds no value of a variable. */
export class CannotExpand extends Error {
  /** Start of what cannot be expanded, as it stands in the text. */
  readonly snippet: string;
  readonly fix: string;

  constructor(snippet: string, message: string, fix: string) {
    super(message);
    this.snippet = snippet;
    this.fix = fix;
  }
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;
/** Of defaults within defaults. */
const DEPTH = 20;
/** Characters of one expanded value. */
const LENGTH = 1_000_000;

const A_DOLLAR = "write $$ for a dollar, $$JS.API.> for the subject $JS.API.>";

/** A value that stands for another one of the mode, and is no variable: `$app.password`. */
const REFERENCE = /^\$[A-Za-z0-9_-]+\.(user|password|token|hash)(:swapcase)?$/;

const LIKE_A_REFERENCE = /^\$[A-Za-z0-9_-]+\.[A-Za-z:]+$/;
const A_REFERENCE = `a reference to a secret ends in .user, .password, .token or .hash; ${A_DOLLAR}`;

/** @throws CannotExpand */
export function expand(text: string, env: NodeJS.ProcessEnv): Expanded {
  if (!text.includes("$") || REFERENCE.test(text)) return { text, variables: [], expanded: false };
  return new Expansion(text, env).run();
}

class Expansion {
  readonly #text: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #variables = new Set<string>();
  #at = 0;

  constructor(text: string, env: NodeJS.ProcessEnv) {
    this.#text = text;
    this.#env = env;
  }

  run(): Expanded {
    const text = this.#sequence(0, true);
    return { text, variables: [...this.#variables], expanded: true };
  }

  /** Up to the end, or to the brace that closes the variable around it. `live`: its outcome is used. */
  #sequence(depth: number, live: boolean): string {
    let out = "";
    while (this.#at < this.#text.length && !(depth > 0 && this.#text[this.#at] === "}")) {
      const start = this.#at;
      if (this.#text[start] === "$") out += this.#dollar(depth, live);
      else {
        this.#at += 1;
        out += this.#text[start];
      }
      if (out.length > LENGTH)
        throw new CannotExpand(
          this.#text.slice(start, this.#at),
          `variables make it longer than ${LENGTH} characters`,
          "use less of them",
        );
    }
    return out;
  }

  #dollar(depth: number, live: boolean): string {
    const start = this.#at;
    this.#at += 1;
    if (this.#take("$")) return "$";
    const braced = this.#take("{");
    const name = this.#match(NAME);
    if (name === "") throw this.#malformed(start, "a $ begins no variable here");
    if (!braced) return this.#plain(name, start, live);
    const operator = this.#match(OPERATOR);
    if (depth >= DEPTH) throw this.#malformed(start, `defaults are nested more than ${DEPTH} deep`);
    const value = this.#valueOf(name);
    const counts = value !== undefined && !(operator.startsWith(":") && value === "");
    const kind = operator.at(-1);
    const from = this.#at;
    const operand =
      kind === undefined
        ? ""
        : this.#sequence(depth + 1, live && ((kind === "-" && !counts) || (kind === "+" && counts)));
    const raw = this.#text.slice(from, this.#at);
    if (!this.#take("}")) throw this.#malformed(start, "a $ and a brace that no } closes");
    if (kind === "+") return counts ? operand : "";
    if (counts) return this.#use(name, live);
    if (kind === "-") return operand;
    if (!live) return "";
    if (kind === "?") throw this.#wanted(name, start, raw);
    throw this.#unset(name, start);
  }

  #plain(name: string, start: number, live: boolean): string {
    if (live && this.#valueOf(name) === undefined) throw this.#unset(name, start);
    return this.#use(name, live);
  }

  #use(name: string, live: boolean): string {
    if (live) this.#variables.add(name);
    return this.#valueOf(name) ?? "";
  }

  #valueOf(name: string): string | undefined {
    return Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #malformed(start: number, message: string): CannotExpand {
    return new CannotExpand(this.#text.slice(start, this.#at), message, A_DOLLAR);
  }

  #unset(name: string, start: number): CannotExpand {
    const otherwise = LIKE_A_REFERENCE.test(this.#text) ? A_REFERENCE : A_DOLLAR;
    return new CannotExpand(
      this.#text.slice(start, start + name.length + 1),
      `the variable ${name} is not set`,
      `set ${name}, or give it a default: \${${name}:-…}; ${otherwise}`,
    );
  }

  /** The author's own words, unexpanded: what they hold may be a secret. */
  #wanted(name: string, start: number, message: string): CannotExpand {
    const empty = this.#valueOf(name) === "" ? "empty" : "not set";
    return new CannotExpand(
      this.#text.slice(start, start + name.length + 2),
      `the variable ${name} is ${empty}${message === "" ? "" : `: ${message}`}`,
      `set ${name}`,
    );
  }
}
