/** The library's API out of its own declarations: what is exported, with the docstrings as they stand. */
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { fenced } from "./page.mjs";

const HEADS = [
  ["nats-sandbox", "index.d.ts"],
  ["nats-sandbox/vitest", "vitest/fixture.d.ts"],
  ["nats-sandbox/vitest/global-setup", "vitest/global-setup.d.ts"],
];
/** Folders whose types are data of modes and checks; they are told of elsewhere, here by name. */
const DATA = /\/(model|results|modes\/[^/]+|check\/[^/]+)\.d\.ts$/;

/** @param {URL} built the folder of the compiled program */
export function apiReference(built) {
  const files = HEADS.map(([, file]) => fileURLToPath(new URL(file, built)));
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const told = new Set();
  return files
    .map((file, index) => {
      const all = exportsOf(checker, program.getSourceFile(file)).filter(({ name }) => !told.has(name));
      for (const { name } of all) told.add(name);
      const data = all.filter(({ from }) => DATA.test(from)).map(({ name }) => `\`${name}\``);
      return [
        `### \`${HEADS[index][0]}\``,
        ...all.filter(({ from }) => !DATA.test(from)).map(({ text }) => fenced("ts", text)),
        ...(data.length === 0 ? [] : [`Types of the data: ${data.join(", ")}.`]),
      ].join("\n\n");
    })
    .join("\n\n");
}

/** Functions first, as they are declared. */
function exportsOf(checker, source) {
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(source));
  const all = symbols.map((symbol) => {
    const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const [declaration] = own.declarations ?? [];
    const file = declaration.getSourceFile();
    return {
      name: symbol.name,
      from: file.fileName,
      isFunction: ts.isFunctionDeclaration(declaration),
      text: textOf(declaration),
    };
  });
  return [...all.filter(({ isFunction }) => isFunction), ...all.filter(({ isFunction }) => !isFunction)];
}

/** With its docstring; without what the compiler adds. */
function textOf(declaration) {
  const whole = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return whole
    .getFullText()
    .trim()
    .replace(/^(import .*\n)+/, "")
    .replace(/^export (default )?(declare )?/m, "")
    .replace(/^ {4}/gm, "  ");
}
