/** Readers turn a value of a YAML file, and the place where it stands, into typed data or an error that names both. */
import { SandboxError } from "../errors.ts";

type Reader<T> = (value: unknown, at: string) => T;

/** A reader for every field of T. */
export type Readers<T> = { readonly [Field in keyof T]-?: Reader<T[Field]> };

/** A mapping of YAML. */
export type Entries = Readonly<Record<string, unknown>>;

/** A mapping with these fields and no others; a reader is handed `undefined` for one that is absent. */
export function record<T>(value: unknown, at: string, readers: Readers<T>): T {
  const found = entries(value, at);
  for (const key of Object.keys(found)) oneOf(Object.keys(readers))(key, at);
  const fields = namesOf(readers).map((key) => [key, readers[key](found[key], `${at}.${key}`)] as const);
  return Object.fromEntries(fields) as T;
}

export function entries(value: unknown, at: string): Entries {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Entries)
    : fail(at, `must be a mapping, is ${show(value)}`);
}

export function optional<T>(reader: Reader<T>, otherwise: T): Reader<T> {
  return (value, at) => (value === undefined ? otherwise : reader(value, at));
}

export function listOf<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, at) =>
    Array.isArray(value)
      ? value.map((item, index) => reader(item, `${at}[${index}]`))
      : fail(at, `must be a list, is ${show(value)}`);
}

export function oneOf<T extends string>(choices: readonly T[]): Reader<T> {
  return (value, at) =>
    choices.find((choice) => choice === value) ??
    fail(at, `${show(value)} is not one of ${choices.join(", ")}`);
}

export function text(value: unknown, at: string): string {
  return typeof value === "string" && value !== "" ? value : fail(at, `must be a text, is ${show(value)}`);
}

export function namesOf<T extends object>(table: T): readonly (keyof T & string)[] {
  return Object.keys(table) as (keyof T & string)[];
}

export function show(value: unknown): string {
  return JSON.stringify(value) ?? "missing";
}

export function fail(at: string, problem: string): never {
  throw broken(at, problem);
}

export function broken(at: string, problem: string): SandboxError {
  return new SandboxError("bug", `${at}: ${problem}`, {
    fix: "undo the change to that file, or install nats-sandbox again",
  });
}
