/** Holds the data of a file against its schema, and words what does not fit. */
import type { z } from "zod";
import type { Document } from "./document.ts";
import { dotted, type Path, type Problem, quoted, suggestion } from "./problems.ts";
import { File } from "./schema.ts";

type Issue = z.core.$ZodIssue;

export interface Fitted {
  /** With texts out of variables turned into the numbers and truths they are where such are wanted. */
  readonly data: unknown;
  readonly problems: readonly Problem[];
}

export function fitToSchema(document: Document): Fitted {
  const data = structuredClone(document.data ?? {});
  let issues = issuesOf(data);
  for (const path of issues.flatMap((issue) => wantingAnotherType(issue, []))) {
    const typed = typedValue(valueAt(data, path));
    if (typed !== undefined && document.isExpanded(path)) replace(data, path, typed);
  }
  issues = issuesOf(data);
  return { data, problems: issues.flatMap((issue) => wordIssue(issue, { document, data, above: [] })) };
}

function issuesOf(data: unknown): readonly Issue[] {
  const { success, error } = File.safeParse(data);
  return success ? [] : error.issues;
}

/** Where no text is wanted, or something else too. */
function wantingAnotherType(issue: Issue, above: Path): readonly Path[] {
  const path: Path = [...above, ...(issue.path as Path)];
  if (path.length === 0) return [];
  if (issue.code === "invalid_union")
    return [path, ...issue.errors.flat().flatMap((inner) => wantingAnotherType(inner, path))];
  return issue.code === "invalid_type" && ["boolean", "number", "int"].includes(issue.expected) ? [path] : [];
}

/** A variable is a text; where the file wants something else, `true`, `4222` are what they look like. */
function typedValue(value: unknown): unknown {
  if (value === "true" || value === "false") return value === "true";
  return typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string | number, unknown>)[key]
        : undefined,
    data,
  );
}

function replace(data: unknown, path: Path, value: unknown): void {
  const parent = valueAt(data, path.slice(0, -1)) as Record<string | number, unknown>;
  parent[path.at(-1) ?? ""] = value;
}

interface Context {
  readonly document: Document;
  readonly data: unknown;
  /** Of the value that the paths of the issues begin at. */
  readonly above: Path;
}

function wordIssue(issue: Issue, context: Context): readonly Problem[] {
  const { document, data, above } = context;
  const path: Path = [...above, ...(issue.path as Path)];
  const value = valueAt(data, path);
  const word = typeof value === "string" && document.variablesAt(path).length === 0 ? value : undefined;
  const at = (what: string, hint?: string): readonly Problem[] => [
    { offset: document.valueAt(path), what: `${dotted(path) || "the file"} ${what}`, hint },
  ];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, issue.message.split(","), document));
    case "invalid_key":
      return [keyProblem(path, issue.issues[0]?.message ?? issue.message, document)];
    case "invalid_value":
      return at(choiceProblem(value, path, document), suggestion(word, issue.values.map(String)));
    case "invalid_union":
      if (value === undefined && !("discriminator" in issue)) return at("is missing");
      return "discriminator" in issue
        ? at(choiceProblem(value, path, document), suggestion(word, optionsOf(issue)))
        : wordUnion(issue, path, context);
    case "invalid_type":
      return value === undefined
        ? at("is missing")
        : at(`must be ${nounOf(issue.expected)}, not ${describe(value)}`, hintFor(issue.expected, value));
    default:
      return at(issue.message);
  }
}

/** What the alternative says that fits best; when none fits at all, what they are. */
function wordUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: Path,
  context: Context,
): readonly Problem[] {
  const inner = issue.errors.find((errors) =>
    errors.some((one) => one.path.length > 0 || one.code === "unrecognized_keys"),
  );
  if (inner !== undefined) return inner.flatMap((one) => wordIssue(one, { ...context, above: path }));
  return [{ offset: context.document.valueAt(path), what: `${dotted(path)} ${issue.message}` }];
}

function unknownKey(key: string, path: Path, known: readonly string[], document: Document): Problem {
  const where = path.length === 0 ? "" : ` in ${dotted(path)}`;
  return {
    offset: document.keyAt([...path, key]),
    what: `there is no key ${quoted(key)}${where}`,
    hint: suggestion(key, known),
  };
}

function keyProblem(path: Path, rule: string, document: Document): Problem {
  const where = path.length > 1 ? `${dotted(path.slice(0, -1))}: ` : "";
  return { offset: document.keyAt(path), what: `${where}${quoted(String(path.at(-1)))} ${rule}` };
}

/** The value is quoted where it stands in the file; what came out of a variable may be a secret. */
function choiceProblem(value: unknown, path: Path, document: Document): string {
  if (value === undefined) return "is missing";
  const variables = document.variablesAt(path);
  if (variables.length > 0) return `cannot be what ${variables.join(" and ")} makes it`;
  return `cannot be ${typeof value === "string" ? quoted(value) : describe(value)}`;
}

function optionsOf(issue: Extract<Issue, { code: "invalid_union" }>): readonly string[] {
  return "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

const NOUNS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a whole number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function nounOf(expected: string): string {
  return NOUNS[expected] ?? expected;
}

function describe(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "boolean") return String(value);
  return { string: "a text", number: "a number", object: "a mapping" }[typeof value as "string"] ?? "that";
}

function hintFor(expected: string, value: unknown): string | undefined {
  if (value === null) return "leave it out, or give it a value";
  if (expected === "string" && typeof value !== "object") return "write it in quotes";
  return undefined;
}
