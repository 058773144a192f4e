/** A text as a literal of each language, so that it is read back as it is, whatever is in it. */

/**
 * JavaScript, TypeScript, Go and Python read what JSON writes. What is not seen is escaped as well: Go takes no U+FEFF
 * within a file. Beyond 16 bits it stays: JSON's two escapes are one character in JavaScript alone.
 */
export function quoteJson(text: string): string {
  return JSON.stringify(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    char.length > 1 ? char : `\\u${hex(char.charCodeAt(0), 4)}`,
  );
}

/** In single quotes Ruby knows two escapes, and no interpolation. */
export function quoteRuby(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}

/** All but ASCII as escapes: javac reads a file in the encoding of the machine (before Java 18). */
export function quoteJava(text: string): string {
  return `"${escaped(text, /[^ !#-[\]-~]/g, (char) => units(char, (unit) => `\\u${hex(unit, 4)}`))}"`;
}

/** A line break of any kind (U+0085, U+2028) ends a literal. */
export function quoteCsharp(text: string): string {
  return quoteJava(text);
}

export function quoteRust(text: string): string {
  return `"${escaped(text, /[\p{C}\\"]/gu, (char) => `\\u{${hex(char.codePointAt(0) ?? 0, 1)}}`)}"`;
}

/** Bytes of UTF-8, in octal: three digits end by themselves, hexadecimal ones do not. `?` could begin a trigraph. */
export function quoteC(text: string): string {
  const octal = (byte: number) => `\\${byte.toString(8).padStart(3, "0")}`;
  return `"${escaped(text, /[^ !#->@-[\]-~]/g, (char) => [...Buffer.from(char)].map(octal).join(""))}"`;
}

const SHORT: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escaped(text: string, odd: RegExp, other: (char: string) => string): string {
  const pattern = new RegExp(odd.source, odd.flags.includes("u") ? odd.flags : `${odd.flags}u`);
  return text.replaceAll(pattern, (char) => SHORT[char] ?? other(char));
}

/** Of UTF-16. */
function units(char: string, write: (unit: number) => string): string {
  return Array.from({ length: char.length }, (_, index) => write(char.charCodeAt(index))).join("");
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
