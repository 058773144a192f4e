/** What is wrong with a file, each problem at its place, and all of them as one error. */
import { SandboxError } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** Keys and indexes from the top of the file to a value. */
export type Path = readonly (string | number)[];

export interface Problem {
  /** Where in the text. */
  readonly offset: number;
  readonly what: string;
  /** What is allowed, or what was meant. */
  readonly hint?: string | undefined;
  /** What to do. */
  readonly fix?: string | undefined;
}

export interface Position {
  readonly line: number;
  readonly col: number;
}

/** How many problems are told one by one. */
const TOLD = 30;
const LONGEST = 60;

/** The first problem is the message, the others follow in the detail. */
export function invalidConfig(
  file: string,
  problems: readonly Problem[],
  positionOf: (offset: number) => Position,
): SandboxError {
  const [first, ...others] = [...problems].sort((a, b) => a.offset - b.offset);
  if (first === undefined) throw new SandboxError("bug", "an error without a problem");
  const placed = ({ offset, what }: Problem) => {
    const { line, col } = positionOf(offset);
    return `${file}:${line}:${col}: ${what}`;
  };
  const told = others.slice(0, TOLD).flatMap((one) => [placed(one), ...indented(one.hint)]);
  const untold = others.length - TOLD;
  const detail = [
    ...(first.hint === undefined ? [] : [first.hint]),
    ...told,
    ...(untold > 0 ? [`and ${untold} more`] : []),
  ];
  return new SandboxError("invalid-config", placed(first), {
    ...(detail.length === 0 ? {} : { detail: detail.join("\n") }),
    fix:
      first.fix ??
      "correct the file; https://github.com/nats-sandbox/nats-sandbox/blob/main/docs/configuration.md tells what it may say",
  });
}

function indented(hint: string | undefined): readonly string[] {
  return hint === undefined ? [] : hint.split("\n").map((line) => `  ${line}`);
}

/** `did you mean app? there are: app, service`. */
export function suggestion(
  word: string | undefined,
  candidates: readonly string[],
  none = "there is none",
): string {
  const near = word === undefined ? undefined : nearest(word.slice(0, LONGEST), candidates);
  const all = candidates.length === 0 ? none : `there are: ${candidates.join(", ")}`;
  return near === undefined ? all : `did you mean ${near}? ${all}`;
}

/** A text of the user's, so that it cannot be mistaken for our words. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

/** `own.orders.servers.server.users[0].login`. */
export function dotted(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      const text = /^[\w-]+$/.test(part) ? part : quoted(part);
      return index === 0 ? text : `.${text}`;
    })
    .join("");
}
