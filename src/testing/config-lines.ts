/** A server's config as lines: which are marked as security, where their blocks end, and what stands there unmarked. */

export interface ConfigLine {
  readonly index: number;
  /** What stands before the colon or the brace; empty for a lone brace. */
  readonly key: string;
  /** What stands behind the colon, as written, without the comment. */
  readonly value: string;
  /** `sec:<id>` of its comment. */
  readonly mark: string | undefined;
  /** Index of the line that ends what this one begins; its own when it opens no block. */
  readonly end: number;
  /** Key of the top-level block it stands in, or begins. */
  readonly block: string | undefined;
}

/** Quoted text (it may hold `#` and braces) or a comment. */
const OPAQUE = /"(?:[^"\\]|\\.)*"|#.*$/g;

export function readConfig(config: string): readonly ConfigLine[] {
  const texts = config.split("\n");
  const bare = texts.map(withoutOpaque);
  const ends = bare.map((_, index) => endOf(bare, index));
  return texts.map((text, index) => {
    const [, key = ""] = /^\s*(\w+)\s*[:{]/.exec(text) ?? [];
    const outer = bare.findIndex(
      (line, at) => at <= index && index <= (ends[at] ?? at) && /[[{]\s*$/.test(line),
    );
    return {
      index,
      key,
      value: valueIn(text),
      mark: /# sec:([\w-]+)$/.exec(text)?.[1],
      end: ends[index] ?? index,
      block: outer < 0 ? undefined : /^\s*(\w+)/.exec(texts[outer] ?? "")?.[1],
    };
  });
}

function withoutOpaque(text: string): string {
  return text.replace(OPAQUE, (found) => (found.startsWith("#") ? "" : '""'));
}

function valueIn(text: string): string {
  const [, rest = ""] = /^\s*\w+:\s*(.*)$/.exec(text) ?? [];
  return rest.replace(OPAQUE, (found) => (found.startsWith("#") ? "" : found)).trim();
}

function endOf(bare: readonly string[], start: number): number {
  let depth = 0;
  for (const [index, line] of bare.entries()) {
    if (index < start) continue;
    depth += (line.match(/[[{]/g) ?? []).length - (line.match(/[\]}]/g) ?? []).length;
    if (depth <= 0) return index;
  }
  throw new Error(`line ${start + 1} opens a block that nothing closes`);
}

/** Does it begin a block of several lines? */
export function opens(line: ConfigLine): boolean {
  return line.end > line.index;
}

/** What needs no mark: where a server listens is a matter of the host, and these say nothing of who gets in. */
const HARMLESS = new Set(["port", "debug", "timeout"]);

/** Lines that nobody marked, though they are neither harmless nor mere braces: security that no mutant would touch. */
export function unmarkedLines(config: string): readonly string[] {
  const bare = config.split("\n").map(withoutOpaque);
  return readConfig(config)
    .filter((line) => line.mark === undefined && !HARMLESS.has(line.key) && !opens(line))
    .map(({ index }) => (bare[index] ?? "").trim())
    .filter((text) => !/^[\]}]*$/.test(text));
}

/** Without the line, and without its whole block where it opens one. */
export function withoutLine(config: string, { index, end }: ConfigLine): string {
  return config
    .split("\n")
    .filter((_, at) => at < index || at > end)
    .join("\n");
}

/** With another value behind the colon of the line, or of the whole block that it opens. */
export function withValue(config: string, { index, end, key }: ConfigLine, value: string): string {
  const lines = config.split("\n");
  return [...lines.slice(0, index), `${key}: ${value}`, ...lines.slice(end + 1)].join("\n");
}
