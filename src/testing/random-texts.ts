/** Random Unicode for property tests, with a taste for what quoting, encoding and patterns get wrong. */
import { randomInt } from "node:crypto";

/** What some syntax treats specially: configs, URLs, JSON, shells, regular expressions. */
const SPECIAL = "\"'\\`$#%{}[]()<>|^*+?.,:;/@&=!~_- \t\v\f\b\u001b\u007f";

/** Ranges of Unicode scalar values that behave differently: controls, ASCII, Latin, letters of odd case, combining marks, CJK, beyond 16 bits. */
const RANGES: readonly (readonly [number, number])[] = [
  [0x01, 0x09],
  [0x0e, 0x1f],
  [0x20, 0x7e],
  [0x80, 0x17f],
  [0x1c4, 0x1cc],
  [0x300, 0x36f],
  [0x370, 0x3ff],
  [0x2000, 0x2030],
  [0x4e00, 0x4eff],
  [0xfe00, 0xfeff],
  [0xfff0, 0xfffd],
  [0x1f600, 0x1f64f],
  [0x10fff0, 0x10ffff],
];

/** A whole number below `limit`. */
export type Random = (limit: number) => number;

export interface RandomTextOptions {
  /** In characters, not in UTF-16 units or bytes. */
  readonly shortest?: number;
  readonly longest?: number;
  readonly random?: Random;
}

/** Well-formed texts without NUL, CR and LF: whatever NATS can carry in a credential. */
export function randomTexts(count: number, options: RandomTextOptions = {}): readonly string[] {
  return Array.from({ length: count }, () => randomText(options));
}

function randomText({ shortest = 1, longest = 24, random = randomInt }: RandomTextOptions): string {
  const length = shortest + random(longest - shortest + 1);
  return Array.from({ length }, () => randomCharacter(random)).join("");
}

export function randomCharacter(random: Random = randomInt): string {
  if (random(2) === 0) return SPECIAL[random(SPECIAL.length)] ?? "";
  const [from, to] = RANGES[random(RANGES.length)] ?? [0x20, 0x7e];
  return String.fromCodePoint(from + random(to - from + 1));
}

/** The same numbers for the same seed: mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
