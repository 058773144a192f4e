/** Holds the tree to its layers and house rules (docs/architecture.md); what breaks one is listed as `file -> specifier`. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** Text by path under src/, with `/`. */
type Sources = Readonly<Record<string, string>>;

/** From the bottom up; a part is a folder of src/ or a file right under it. */
const LAYERS: readonly (readonly string[])[] = [
  ["model", "results", "errors", "nearest", "name-rules", "option-words", "secret-rules", "config"],
  ["pki", "secrets", "state", "server", "wire", "tap", "render", "modes"],
  ["dial", "classify", "engines", "resolve"],
  ["running", "sandbox", "handed-out", "select", "report", "env", "snippets"],
  ["check", "doctor"],
  ["index", "library", "keeper"],
  ["cli", "vitest"],
];

/** Within a layer no part imports another one, but for these. */
const BESIDE: readonly string[] = [
  "results -> model", // a result is said in the words of the model
  "option-words -> model", // the words are of its types
  "config -> model", // a file is made into modes,
  "config -> errors", // tells what is wrong with it,
  "config -> nearest", // what was meant,
  "config -> name-rules", // what may be called how,
  "config -> option-words", // which words they take,
  "config -> secret-rules", // and which secrets would let everyone in
  "sandbox -> running", // a sandbox is a set of running modes
  "sandbox -> handed-out", // it hands out files
  "handed-out -> env", // one of them is the environment of a client
  "index -> library", // it shows what the library has
  "snippets -> env", // the same URL, login and paths, in code
];

/** A program of its own, started by path: its standard streams are its interface. */
const PROGRAMS: readonly string[] = ["dial/trust-child.ts"];

/** Longer than a screen or two for a reason. */
const LONG: Readonly<Record<string, string>> = {
  "model.ts": "the vocabulary: types alone, to be read as one",
  "modes/_permissions.ts": "data: a table of checks",
};
const LINES = 250;

function readSources(): Sources {
  const root = fileURLToPath(new URL(".", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return Object.fromEntries(
    files.map((file) => [file.replaceAll("\\", "/"), readFileSync(join(root, file), "utf8")]),
  );
}

/** A test may use whatever it needs, and so may what tests share. */
function isProduct(file: string): boolean {
  return !file.endsWith(".test.ts") && !file.startsWith("testing/");
}

function product(sources: Sources): readonly (readonly [string, string])[] {
  return Object.entries(sources).filter(([file]) => isProduct(file));
}

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Path under src/ of what is imported; undefined for a package. */
  readonly target: string | undefined;
  /** Gone after compilation. */
  readonly typeOnly: boolean;
}

const IMPORT =
  /^\s*(?:import|export)\s+(type\s)?[^;"]*?from\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

function importsOf(sources: Sources): readonly Import[] {
  return product(sources).flatMap(([file, text]) =>
    [...text.matchAll(IMPORT)].map(([, type, from, bare, dynamic]) => {
      const specifier = from ?? bare ?? dynamic ?? "";
      const target = specifier.startsWith(".") ? join(dirname(file), specifier) : undefined;
      return { file, specifier, target, typeOnly: type !== undefined };
    }),
  );
}

function partOf(file: string): string {
  return file.split("/")[0]?.replace(/(\.gen)?\.ts$/, "") ?? "";
}

function layerOf(file: string): number {
  return LAYERS.findIndex((parts) => parts.includes(partOf(file)));
}

function arrow({ file, specifier }: Import): string {
  return `${file} -> ${specifier}`;
}

function homeless(sources: Sources): readonly string[] {
  return product(sources).flatMap(([file]) => (layerOf(file) < 0 ? [file] : []));
}

/** Imports that go up, or sideways where that is not allowed. */
function wrongWay(sources: Sources): readonly string[] {
  const isWrong = ({ file, target }: Import) => {
    if (target === undefined || partOf(file) === partOf(target)) return false;
    if (!(target in sources)) return true;
    if (partOf(file) === "modes") return target !== "model.ts";
    if (layerOf(file) !== layerOf(target)) return layerOf(file) < layerOf(target);
    return !BESIDE.includes(`${partOf(file)} -> ${partOf(target)}`);
  };
  return importsOf(sources).filter(isWrong).map(arrow);
}

/** Each cycle once, by what is loaded: a type that is imported loads nothing. */
function cycles(sources: Sources): readonly string[] {
  const imports = importsOf(sources).filter(({ typeOnly }) => !typeOnly);
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(" -> "));
    if (done.has(file) || path.includes(file)) return;
    for (const { file: from, target } of imports)
      if (from === file && target !== undefined) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of Object.keys(sources)) walk(file, []);
  return found;
}

/** Who speaks to the terminal, reads arguments or ends the process, and is not the command line. */
function talkers(sources: Sources): readonly string[] {
  const talk = /\bprocess\.(argv|stdin|stdout|stderr|exit\w*)|\bconsole\.\w+|from "(node:)?process"/g;
  return product(sources)
    .filter(([file]) => partOf(file) !== "cli" && !PROGRAMS.includes(file))
    .flatMap(([file, text]) =>
      [...withoutComments(text).matchAll(talk)].map(([what]) => `${file} -> ${what}`),
    );
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
}

function badNames(sources: Sources): readonly string[] {
  const isBarrel = (file: string) => file.endsWith("/index.ts");
  const saysNothing = /(^|\/)(utils?|helpers?|common|misc|shared)\b/;
  const isKebab = /^([a-z0-9-]+\/)*_?[a-z0-9-]+(\.(gen|d|test|[a-z]+\.test))?\.ts$/;
  return Object.keys(sources).filter(
    (file) => isBarrel(file) || saysNothing.test(file) || !isKebab.test(file),
  );
}

/** Files that do not open with a doc comment that is a sentence. */
function untold(sources: Sources): readonly string[] {
  const opening = /^(#!.*\n)?\/\*\*\s[\s\S]*?[.:)]\s*\*\//;
  return product(sources).flatMap(([file, text]) => (opening.test(text) ? [] : [file]));
}

function tooLong(sources: Sources): readonly string[] {
  return Object.entries(sources).flatMap(([file, text]) => {
    const lines = text.trimEnd().split("\n").length;
    return lines > LINES && !(file in LONG) ? [`${file}: ${lines} lines`] : [];
  });
}

describe("this tree", () => {
  const sources = readSources();

  it("is seen whole", () => {
    expect(Object.keys(sources)).toEqual(
      expect.arrayContaining(["model.ts", "cli/main.ts", "layers.test.ts"]),
    );
    expect(importsOf(sources).filter(({ target }) => target !== undefined).length).toBeGreaterThan(150);
  });
  it("has a layer for every file", () => expect(homeless(sources)).toEqual([]));
  it("imports downwards only", () => expect(wrongWay(sources)).toEqual([]));
  it("has no import cycle", () => expect(cycles(sources)).toEqual([]));
  it("leaves talking to the command line", () => expect(talkers(sources)).toEqual([]));
  it("has no barrel below the root, and names that say something", () =>
    expect(badNames(sources)).toEqual([]));
  it("says at the top of each file what it is for", () => expect(untold(sources)).toEqual([]));
  it(`has at most ${LINES} lines a file`, () => expect(tooLong(sources)).toEqual([]));
  it("needs each exception it makes", () => {
    const beside = new Set(
      importsOf(sources).map(({ file, target = "" }) => `${partOf(file)} -> ${partOf(target)}`),
    );
    expect(BESIDE.filter((edge) => !beside.has(edge))).toEqual([]);
    expect(PROGRAMS.filter((file) => !(file in sources))).toEqual([]);
    expect(Object.keys(LONG).filter((file) => (sources[file] ?? "").split("\n").length <= LINES)).toEqual([]);
  });
});

describe("a tree that breaks a rule", () => {
  it.each([
    [
      "up",
      { "wire/a.ts": 'import { x } from "../dial/b.ts";', "dial/b.ts": "" },
      "wire/a.ts -> ../dial/b.ts",
    ],
    [
      "up, by type",
      { "env.ts": 'import type { X } from "./index.ts";', "index.ts": "" },
      "env.ts -> ./index.ts",
    ],
    ["up, late", { "tap.ts": 'await import("./check/a.ts");', "check/a.ts": "" }, "tap.ts -> ./check/a.ts"],
    [
      "sideways",
      { "pki/a.ts": 'import { s } from "../secrets.ts";', "secrets.ts": "" },
      "pki/a.ts -> ../secrets.ts",
    ],
    ["to nowhere", { "cli/a.ts": 'import "../gone.ts";' }, "cli/a.ts -> ../gone.ts"],
    [
      "from a mode",
      { "modes/a.ts": 'import {\n  E,\n} from "../errors.ts";', "errors.ts": "" },
      "modes/a.ts -> ../errors.ts",
    ],
    [
      "from the renderers",
      { "report/a.ts": 'export * from "../running/running.ts";', "running.ts": "" },
      "report/a.ts -> ../running/running.ts",
    ],
  ])("imports %s", (_, sources: Sources, listed) => expect(wrongWay(sources)).toEqual([listed]));

  it("imports in a circle", () => {
    const sources = {
      "pki/a.ts": 'import { b } from "./b.ts";',
      "pki/b.ts": 'export { c } from "./c.ts";',
      "pki/c.ts": 'import { b } from "./b.ts";\nimport type { a } from "./a.ts";',
    };
    expect(cycles(sources)).toEqual(["pki/b.ts -> pki/c.ts -> pki/b.ts"]);
  });

  it("breaks a house rule", () => {
    const sources = {
      "pki/a.ts": '/** Fine. */\n/* process.exit(1) */ process.stdout.write("x"); // console.log(1)\n',
      "pki/index.ts": "/** Half",
      "wire/utils.ts": `#!/bin/node\n/** Long. */\n${"\n".repeat(300)}x`,
      "wireTap.ts": 'import { exit } from "node:process";\n/** Late. */',
    };
    expect(talkers(sources)).toEqual(["pki/a.ts -> process.stdout", 'wireTap.ts -> from "node:process"']);
    expect(badNames(sources)).toEqual(["pki/index.ts", "wire/utils.ts", "wireTap.ts"]);
    expect(untold(sources)).toEqual(["pki/index.ts", "wireTap.ts"]);
    expect(homeless(sources)).toEqual(["wireTap.ts"]);
    expect(tooLong(sources)).toEqual(["wire/utils.ts: 303 lines"]);
  });
});
