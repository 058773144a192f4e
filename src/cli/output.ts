/** What the command line says and how: progress on stderr, results on stdout, colours on terminals only. */
import { styleText } from "node:util";
import type { Style } from "../report/text.ts";

/** The options every command has. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

type Format = Parameters<typeof styleText>[0];

/** https://no-color.org; a terminal that says it is dumb gets none either. */
export function styleFor(stream: NodeJS.WriteStream, options: GlobalOptions): Style {
  const colours =
    stream.isTTY === true && options.color !== false && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  const dress = (format: Format) => (text: string) =>
    colours && text !== "" ? styleText(format, text, { validateStream: false }) : text;
  return {
    green: dress("green"),
    red: dress("red"),
    yellow: dress("yellow"),
    dim: dress("dim"),
    bold: dress("bold"),
  };
}

/** The result, on stdout. */
export function result(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function resultJson(document: unknown): void {
  result(JSON.stringify(document, null, 2));
}

/** Something for people, on stderr, as it happens. */
export function tell(text: string, options: GlobalOptions): void {
  if (options.quiet !== true) process.stderr.write(`${text}\n`);
}

/** What went wrong, on stderr; `--quiet` does not silence it. */
export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Columns of a terminal; 80 for a pipe or a file. */
export function widthOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY === true ? stream.columns : 80;
}
