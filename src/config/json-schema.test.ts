// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the file
/** The JSON Schema that editors read, held by another validator against what the program takes and refuses. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { MODES } from "../modes/all.gen.ts";
import { RIGHT_CONFIG, WRONG_FILES, WRONG_OWN_MODES } from "../testing/wrong-configs.ts";

const ROOT = new URL("../../", import.meta.url);
const schema = JSON.parse(readFileSync(new URL("schema/nats-sandbox.schema.json", ROOT), "utf8"));
const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

function isValid(text: string): boolean {
  return validate(parse(text, { uniqueKeys: false, logLevel: "silent" }));
}

/** Every schema of a key, wherever it is, by a path for people. */
function keysIn(node: unknown, path = ""): readonly (readonly [string, Record<string, unknown>])[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key !== "properties") return keysIn(value, path);
    const named = Object.entries(value as Record<string, Record<string, unknown>>);
    return named.flatMap(([name, one]) => [
      [`${path}.${name}`, one] as const,
      ...keysIn(one, `${path}.${name}`),
    ]);
  });
}

it("describes every key in a sentence", () => {
  const keys = keysIn(schema);
  expect(keys.length).toBeGreaterThan(100);
  const untold = keys.filter(
    ([, { description, const: constant }]) =>
      constant === undefined && !/^[A-Z….a-z].*[.…]$/.test(String(description)),
  );
  expect(untold.map(([path]) => path)).toEqual([]);
});

describe("takes", () => {
  it("the file that init writes", () => {
    const text = readFileSync(new URL("templates/nats-sandbox.yaml", ROOT), "utf8");
    expect(isValid(text), JSON.stringify(validate.errors)).toBe(true);
    // What is commented out is right too.
    const all = text
      .replace(/^# (?=(name|engine|server|hosts|keyType|monitor|jetstream|reports|ports):)/gm, "")
      .replace("#   orders:", "  orders:");
    expect(Object.keys(parse(all))).toHaveLength(11);
    expect(isValid(all), JSON.stringify(validate.errors)).toBe(true);
  });

  it("every built-in mode as an own one, the right example, and nothing at all", () => {
    const own = Object.fromEntries(MODES.map(({ name, findings: _, ...mode }) => [name, { ...mode }]));
    expect(validate({ own: JSON.parse(JSON.stringify(own)) }), JSON.stringify(validate.errors)).toBe(true);
    expect(isValid(RIGHT_CONFIG)).toBe(true);
    expect(validate({})).toBe(true);
  });

  it("a variable wherever a value is wanted", () => {
    expect(
      validate({ engine: "$E", monitor: "${M:-true}", keyType: "$K", ports: { open: "$P" }, modes: ["$M"] }),
    ).toBe(true);
    expect(validate({ engine: "E", monitor: "true" })).toBe(false);
    expect(validate({ own: "$O" })).toBe(false);
  });
});

/** Of the files that the program refuses, those whose shape alone is wrong. */
const SHAPES = [
  "an unknown key",
  "a key close to none",
  "an unknown engine",
  "an unknown type of key",
  "a name with a slash",
  "a number as a name",
  "a text as a truth",
  "a text as a list",
  "an empty key",
  "no mode",
  "a size",
  "a size of nothing",
  "half the limits",
  "a word as JetStream",
  "a port too high",
  "a port that the server chooses",
  "a port that is a word",
  "the name Shop",
  "no servers",
  "a template that is none",
  "a port of an own server",
  "an unknown listener",
  "findings",
  "an unknown group",
  "a CA that is none",
  "an outcome that is none",
  "a fault as an outcome",
  "a step that is none",
  "a step without an op",
  "a subject of a step",
  "an id of a check",
  "limits of the mode",
  "a number as a password",
];

it.each(SHAPES)("refuses %s", (what) => {
  const wrong = [...WRONG_FILES, ...WRONG_OWN_MODES].find((one) => one.what === what);
  if (wrong === undefined) throw new Error(`there is no such file: ${what}`);
  expect(isValid(wrong.text)).toBe(false);
});
