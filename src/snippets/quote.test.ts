/** What is written is what a reader of the language reads as that text: as tables, for no compiler need be here. */
import { expect, it, test } from "vitest";
import { randomTexts } from "../testing/random-texts.ts";
import { quoteC, quoteCsharp, quoteJava, quoteJson, quoteRuby, quoteRust } from "./quote.ts";

const ZERO_WIDTH = "\ufeff";
const LINE = "\u2028";
const RIGHT_TO_LEFT = "\u202e";
const LOCK = "\u{1f512}";

/** A text, and what each writes. */
const TABLE: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["plain $x ~", both(`"plain $x ~"`)],
  [`a"b`, both(String.raw`"a\"b"`, `'a"b'`)],
  ["a'b", both(`"a'b"`, String.raw`'a\'b'`)],
  ["a\\b", both(String.raw`"a\\b"`, String.raw`'a\\b'`)],
  ["\\", both(String.raw`"\\"`, String.raw`'\\'`)],
  ["\\u0022", both(String.raw`"\\u0022"`, String.raw`'\\u0022'`)],
  ["#{x} #$x", both(`"#{x} #$x"`)],
  ["a\tb", { ...both(String.raw`"a\tb"`), ruby: "'a\tb'" }],
  [
    "\x017",
    {
      json: String.raw`"\u00017"`,
      java: String.raw`"\u00017"`,
      rust: String.raw`"\u{1}7"`,
      c: String.raw`"\0017"`,
      ruby: "'\x017'",
    },
  ],
  [
    "\x7f7",
    {
      json: String.raw`"\u007f7"`,
      java: String.raw`"\u007f7"`,
      rust: String.raw`"\u{7f}7"`,
      c: String.raw`"\1777"`,
      ruby: "'\x7f7'",
    },
  ],
  ["??/", { ...both(`"??/"`), c: String.raw`"\077\077/"` }],
  ["é", { ...both(`"é"`), java: String.raw`"\u00e9"`, c: String.raw`"\303\251"` }],
  [
    LINE,
    {
      json: String.raw`"\u2028"`,
      java: String.raw`"\u2028"`,
      rust: `"${LINE}"`,
      c: String.raw`"\342\200\250"`,
      ruby: `'${LINE}'`,
    },
  ],
  [`p${ZERO_WIDTH}q`, unseen("p", "feff", String.raw`\357\273\277`, "q", ZERO_WIDTH)],
  [`p${RIGHT_TO_LEFT}q`, unseen("p", "202e", String.raw`\342\200\256`, "q", RIGHT_TO_LEFT)],
  [LOCK, { ...both(`"${LOCK}"`), java: String.raw`"\ud83d\udd12"`, c: String.raw`"\360\237\224\222"` }],
];

/** In double quotes the same for all; Ruby has single ones. */
function both(double: string, single = `'${double.slice(1, -1)}'`) {
  return { json: double, java: double, rust: double, c: double, ruby: single };
}

function unseen(before: string, code: string, bytes: string, after: string, char: string) {
  const four = `"${before}\\u${code}${after}"`;
  const rust = `"${before}\\u{${code}}${after}"`;
  return {
    json: four,
    java: four,
    rust,
    c: `"${before}${bytes}${after}"`,
    ruby: `'${before}${char}${after}'`,
  };
}

const QUOTES = { json: quoteJson, java: quoteJava, rust: quoteRust, c: quoteC, ruby: quoteRuby };

test.each(TABLE)("%j", (text, written) => {
  expect(Object.fromEntries(Object.entries(QUOTES).map(([name, quote]) => [name, quote(text)]))).toEqual(
    written,
  );
  expect(quoteCsharp(text)).toBe(written.java);
});

it.each(randomTexts(5))("is read back from JSON, and shows nothing that is not seen: %j", (text) => {
  const written = quoteJson(text);
  expect(JSON.parse(written)).toBe(text);
  expect(written).not.toMatch(/[\p{Cc}\u200b-\u200f\u2028-\u202e\ufeff]/u);
});
