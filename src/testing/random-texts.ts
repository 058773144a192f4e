/** Random Unicode for property tests, with a taste for what quoting, encoding and patterns get wrong. */
import { randomInt } from "node:crypto";

/** What some syntax treats specially: configs, URLs, JSON, shells, regular expressions. */
const SPECIAL = "\"'\\`$#%{}[]()<>|^*+?.,:;/@&=!~_- \t\v\f\b\u001b\u007f";

/** Ranges of Unicode scalar values that behave differently: controls, ASCII, Latin, letters of odd case, CJK, beyond 16 bits. */
const RANGES: readonly (readonly [number, number])[] = [
  [0x01, 0x09],
  [0x0e, 0x1f],
  [0x20, 0x7e],
  [0x80, 0x17f],
  [0x1c4, 0x1cc],
  [0x370, 0x3ff],
  [0x2000, 0x2030],
  [0x4e00, 0x4eff],
  [0xfe00, 0xfeff],
  [0xfff0, 0xfffd],
  [0x1f600, 0x1f64f],
  [0x10fff0, 0x10ffff],
];

export interface RandomTextOptions {
  /** In characters, not in UTF-16 units or bytes. */
  readonly shortest?: number;
  readonly longest?: number;
}

/** Well-formed texts without NUL, CR and LF: whatever NATS can carry in a credential. */
export function randomTexts(count: number, options: RandomTextOptions = {}): readonly string[] {
  return Array.from({ length: count }, () => randomText(options));
}

function randomText({ shortest = 1, longest = 24 }: RandomTextOptions): string {
  return Array.from({ length: shortest + randomInt(longest - shortest + 1) }, randomCharacter).join("");
}

function randomCharacter(): string {
  if (randomInt(2) === 0) return SPECIAL[randomInt(SPECIAL.length)] ?? "";
  const [from, to] = RANGES[randomInt(RANGES.length)] ?? [0x20, 0x7e];
  return String.fromCodePoint(from + randomInt(to - from + 1));
}
