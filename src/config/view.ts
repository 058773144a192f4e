/** A look at the data of a file that may be of any shape: what has the wrong type is as good as absent there. */
import type { Path } from "./problems.ts";

export interface View {
  readonly path: Path;
  readonly given: boolean;
  readonly value: unknown;
  readonly text: string | undefined;
  readonly number: number | undefined;
  get(key: string): View;
  has(key: string): boolean;
  entries(): readonly (readonly [string, View])[];
  keys(): readonly string[];
  items(): readonly View[];
}

export function view(value: unknown, path: Path = []): View {
  const mapping = isMapping(value) ? value : {};
  const below = (key: string) => view(Object.hasOwn(mapping, key) ? mapping[key] : undefined, [...path, key]);
  return {
    path,
    value,
    given: value !== undefined && value !== null,
    text: typeof value === "string" ? value : undefined,
    number: typeof value === "number" ? value : undefined,
    get: below,
    has: (key) => Object.hasOwn(mapping, key),
    entries: () => Object.keys(mapping).map((key) => [key, below(key)] as const),
    keys: () => Object.keys(mapping),
    items: () => (Array.isArray(value) ? value.map((item, index) => view(item, [...path, index])) : []),
  };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
