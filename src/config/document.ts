/** The text of a YAML file as plain data with its variables expanded, and the place of every value and key in it. */
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { type Path, type Position, type Problem, quoted } from "./problems.ts";
import { CannotExpand, expand } from "./variables.ts";

export interface Document {
  /** Undefined for a file that says nothing. */
  readonly data: unknown;
  readonly problems: readonly Problem[];
  /** Where the values are that a problem keeps from being known: nothing else is to be said of them. */
  readonly unknown: ReadonlySet<number>;
  /** Where the value is; where it is missing, the key of what it is missing from. */
  valueAt(path: Path): number;
  keyAt(path: Path): number;
  /** Variables whose values are in the text at that place. */
  variablesAt(path: Path): readonly string[];
  /** Did the text there come out of a variable or of its default? */
  isExpanded(path: Path): boolean;
  position(offset: number): Position;
}

/** Of mappings and lists in each other. */
const DEPTH = 40;
/** Of values, each use of an alias counted. */
const VALUES = 50_000;
/** Characters that variables may bring in altogether. */
const EXPANDED = 1_000_000;
/** Problems of syntax come in swarms. */
const SYNTAX_PROBLEMS = 3;
const SYNTAX_FIX =
  "correct the syntax there; a value with : # { [ or a quote in it, or a variable with braces within { }, goes into quotes";

export function readDocument(source: string, env: NodeJS.ProcessEnv): Document {
  const text = source.replace(/^\uFEFF/, "");
  const lines = new LineCounter();
  const reader = new Reader(text, env);
  reader.read(lines);
  return {
    data: reader.data,
    problems: reader.problems,
    unknown: reader.unknown,
    valueAt: (path) => reader.valueAt(path),
    keyAt: (path) => reader.keyAt(path),
    variablesAt: (path) => reader.variables.get(JSON.stringify(path)) ?? [],
    isExpanded: (path) => reader.variables.has(JSON.stringify(path)),
    position(offset) {
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(line, 1), col: Math.max(col, 1) };
    },
  };
}

class Reader {
  readonly problems: Problem[] = [];
  readonly variables = new Map<string, readonly string[]>();
  readonly unknown = new Set<number>();
  data: unknown;
  readonly #text: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #values = new Map<string, number>();
  readonly #keys = new Map<string, number>();
  #document: ReturnType<typeof parseDocument> | undefined;
  #count = 0;
  #expanded = 0;

  constructor(text: string, env: NodeJS.ProcessEnv) {
    this.#text = text;
    this.#env = env;
  }

  read(lines: LineCounter): void {
    try {
      this.#document = parseDocument(this.#text, {
        lineCounter: lines,
        prettyErrors: false,
        uniqueKeys: false, // seen to below: here it would take the square of their number
        logLevel: "error", // with "silent" it takes the first of several documents
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // the parser recurses
      this.#tell(0, "it is nested too deep");
      return;
    }
    const { errors, warnings, contents } = this.#document;
    for (const { pos, message, code } of [...errors, ...warnings].slice(0, SYNTAX_PROBLEMS))
      this.#tell(pos[0], syntaxProblem(code, message), undefined, SYNTAX_FIX);
    if (this.problems.length > 0 || contents === null) return;
    const data = this.#convert(contents as Node, [], []);
    if (this.#count <= VALUES) this.data = data;
  }

  valueAt(path: Path): number {
    const place = JSON.stringify(path);
    return this.#values.get(place) ?? this.#keys.get(place) ?? this.#parentAt(path);
  }

  keyAt(path: Path): number {
    const place = JSON.stringify(path);
    return this.#keys.get(place) ?? this.#values.get(place) ?? this.#parentAt(path);
  }

  #parentAt(path: Path): number {
    return path.length === 0 ? 0 : this.keyAt(path.slice(0, -1));
  }

  #tell(offset: number, what: string, hint?: string, fix?: string): void {
    this.problems.push({ offset, what, hint, fix });
  }

  /** `open`: the nodes around this one, so that an alias of one of them is seen. */
  #convert(node: Node | null, path: Path, open: readonly Node[]): unknown {
    this.#count += 1;
    if (this.#count > VALUES) {
      if (this.#count === VALUES + 1)
        this.#tell(node?.range?.[0] ?? 0, `it has more than ${VALUES} values, its aliases followed`);
      return undefined;
    }
    if (node === null) return null;
    const offset = node.range?.[0] ?? 0;
    if (!this.#values.has(JSON.stringify(path))) this.#values.set(JSON.stringify(path), offset);
    if (open.length > DEPTH) {
      return this.#unknowable(offset, `it is nested more than ${DEPTH} deep`);
    }
    if (isAlias(node)) return this.#follow(node, path, open);
    const around = [...open, node];
    if (isMap(node)) return this.#convertMap(node, path, around);
    if (isSeq(node))
      return node.items.map((item, index) => this.#convert(item as Node, [...path, index], around));
    return isScalar(node) ? this.#convertScalar(node, path) : undefined;
  }

  #follow(alias: Alias, path: Path, open: readonly Node[]): unknown {
    const found = this.#document === undefined ? undefined : alias.resolve(this.#document);
    if (found !== undefined && !open.includes(found)) return this.#convert(found, path, [...open, alias]);
    const why =
      found === undefined ? `there is no anchor &${alias.source} before it` : "it stands for what it is in";
    return this.#unknowable(alias.range?.[0] ?? 0, `*${alias.source} is an alias of nothing: ${why}`);
  }

  #convertMap(map: YAMLMap, path: Path, open: readonly Node[]): unknown {
    const entries = new Map<string, unknown>();
    for (const { key, value } of map.items) {
      const at = (key as Node | null)?.range?.[0] ?? map.range?.[0] ?? 0;
      if (!isScalar(key) || key.value === null) {
        this.#tell(at, "a key must be a text");
        continue;
      }
      const name = typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
      if (name === "__proto__") {
        this.#tell(at, `there can be no key ${quoted(name)}`);
        continue;
      }
      const place = JSON.stringify([...path, name]);
      if (entries.has(name)) {
        const first = this.#keys.get(place) ?? 0;
        this.#tell(
          at,
          `the key ${quoted(name)} is there twice`,
          `the first one is ${this.#lineOf(first)}`,
          "remove one of them",
        );
        continue;
      }
      this.#keys.set(place, at);
      entries.set(name, this.#convert(value as Node | null, [...path, name], open));
    }
    return Object.fromEntries(entries);
  }

  #lineOf(offset: number): string {
    return `in line ${this.#text.slice(0, offset).split("\n").length}`;
  }

  #convertScalar(scalar: Scalar, path: Path): unknown {
    if (typeof scalar.value === "object" && scalar.value !== null)
      return this.#unknowable(scalar.range?.[0] ?? 0, `the tag ${tagName(scalar)} means nothing here`);
    if (typeof scalar.value !== "string") return scalar.value;
    try {
      const { text, variables, expanded } = expand(scalar.value, this.#env);
      if (expanded) this.variables.set(JSON.stringify(path), variables);
      this.#expanded += variables.length > 0 ? text.length : 0;
      if (this.#expanded <= EXPANDED) return text;
      this.#tell(scalar.range?.[0] ?? 0, `its variables bring in more than ${EXPANDED} characters`);
    } catch (error) {
      if (!(error instanceof CannotExpand)) throw error;
      this.#tell(this.#placeIn(scalar, error.snippet), error.message, undefined, error.fix);
    }
    this.unknown.add(scalar.range?.[0] ?? 0);
    return undefined;
  }

  #unknowable(offset: number, what: string): undefined {
    this.#tell(offset, what);
    this.unknown.add(offset);
  }

  /** Where in the text of a value something stands; its beginning when it is written in another way there. */
  #placeIn({ range }: Scalar, snippet: string): number {
    const [start, end] = range ?? [0, 0];
    const at = this.#text.slice(start, end).indexOf(snippet);
    return start + Math.max(at, 0);
  }
}

function tagName({ tag = "" }: Scalar): string {
  return tag.replace(/^tag:yaml\.org,2002:/, "!!");
}

function syntaxProblem(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "it holds more than one YAML document";
  if (/call stack/.test(message)) return "it is nested too deep";
  return `it is no YAML that can be read: ${withoutQuotes(message)}`;
}

/** The parser may quote what it does not understand, which may be a secret. */
function withoutQuotes(message: string): string {
  return message
    .replace(/^(Unexpected|Block scalar header|Not a)([^:]*): [\s\S]*$/, "$1$2")
    .replace(/\s+/g, " ");
}
