/** Holds every text of a SandboxError to one style, as far as the sources tell: phrases in lower case without a full stop. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** Text by path under src/. */
type Sources = Readonly<Record<string, string>>;

/** Names are written as they are everywhere. */
const NAMES = /^(Debian|Docker|Go|Java|Linux|Node|Windows)\b/;

function readSources(): Sources {
  const root = fileURLToPath(new URL(".", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /(?<!\.test)\.ts$/.test(file) && !file.startsWith("testing/"));
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));
}

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

/** Of functions that give an error, or nothing else: what they are called with ends up in one. */
function makersIn(file: ts.SourceFile): readonly string[] {
  return [...nodesOf(file)].flatMap((node) =>
    ts.isFunctionDeclaration(node) && /^(SandboxError|never)$/.test(node.type?.getText() ?? "")
      ? [node.name?.text ?? ""]
      : [],
  );
}

/** The arguments of everything that makes an error; the code of one is no text. */
function textsIn(file: ts.SourceFile, makers: ReadonlySet<string>): readonly string[] {
  return [...nodesOf(file)].flatMap((node) => {
    if (ts.isNewExpression(node) && node.expression.getText() === "SandboxError")
      return (node.arguments ?? []).slice(1).flatMap(literalsIn);
    if (ts.isCallExpression(node) && makers.has(node.expression.getText()))
      return node.arguments.flatMap(literalsIn);
    return [];
  });
}

/** What is put in where a text is made keeps its `$`. */
function literalsIn(argument: ts.Node): readonly string[] {
  return [...nodesOf(argument)].flatMap((node) => {
    if (ts.isStringLiteralLike(node)) return [node.text];
    if (!ts.isTemplateExpression(node)) return [];
    return [[node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("$")];
  });
}

function isPhrase(text: string): boolean {
  const startsSmall = !/^[A-Z]([a-z]| )/.test(text) || NAMES.test(text);
  return startsSmall && !/\.$|\. [A-Z]/m.test(text.trimEnd());
}

function allTexts(sources: Sources): readonly (readonly [string, string])[] {
  const files = Object.entries(sources).map(([name, text]) =>
    ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true),
  );
  const makers = new Set(files.flatMap(makersIn));
  return files.flatMap((file) => textsIn(file, makers).map((text) => [file.fileName, text] as const));
}

function sentences(sources: Sources): readonly string[] {
  return allTexts(sources).flatMap(([file, text]) => (isPhrase(text) ? [] : [`${file}: ${text}`]));
}

describe("what an error says", () => {
  it("is seen, wherever it is made", () => {
    const texts = allTexts(readSources());
    expect(texts.length).toBeGreaterThan(150);
    for (const folder of ["cli/", "engines/", "keeper/", "pki/", "server/", "state/"])
      expect(texts.filter(([file]) => file.startsWith(folder)).length, folder).toBeGreaterThan(5);
  });

  it("is phrases in lower case without a full stop, in all of src/", () =>
    expect(sentences(readSources())).toEqual([]));

  it.each([
    ["a message", 'new SandboxError("bug", "There is none")', "There is none"],
    ["a message that a value is in", `new SandboxError("bug", \`A \${kind} is missing\`)`, "A $ is missing"],
    ["a detail", 'new SandboxError("bug", "none", { detail: "it is gone." })', "it is gone."],
    ["a fix", `new SandboxError("bug", "none", { fix: x ? "make one" : \`Make \${x}\` })`, "Make $"],
    ["two sentences", 'new SandboxError("bug", "none", { fix: "find it. Then run" })', "find it. Then run"],
    ["a line", 'new SandboxError("bug", "none", { detail: "gone.\\nfor good" })', "gone.\nfor good"],
    [
      "what a maker is given",
      'function none(why: string): SandboxError { return new SandboxError("bug", why); } throw none("Gone");',
      "Gone",
    ],
  ])("is no sentence in %s", (_, text, found) =>
    expect(sentences({ "a.ts": text })).toEqual([`a.ts: ${found}`]),
  );

  it("may begin with a name", () => {
    const text =
      'new SandboxError("bug", "NATS_URL is not set", { fix: "Node reads it", detail: "a.b is … x…" })';
    expect(sentences({ "a.ts": text })).toEqual([]);
  });
});
