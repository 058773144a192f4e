/** Files of nats-sandbox.yaml that are wrong: what is wrong with each, where, and what a user must be told. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface WrongConfig {
  readonly what: string;
  readonly text: string;
  /** `line:column`, where the table says. */
  readonly at: string | undefined;
  /** What is wrong, what is allowed or was meant, and the way out. */
  readonly says: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A value that no error may show. */
export const HIDDEN = "hunter2-hidden";

const MARK = "▶";

interface Row {
  readonly what: string;
  readonly says: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

type Files = Readonly<Record<"syntax" | "settings", readonly (Row & { readonly text: string })[]>>;

interface OwnModes {
  readonly right: string;
  readonly wrong: readonly (Row & { readonly from: string; readonly to: string })[];
}

function table<Table>(name: string): Table {
  return parse(readFileSync(new URL(name, import.meta.url), "utf8")) as Table;
}

function place(marked: string): Pick<WrongConfig, "text" | "at"> {
  const before = marked.split(MARK)[0] ?? "";
  const text = marked.replace(MARK, "");
  if (before.length === marked.length) return { text, at: undefined };
  const lines = before.split("\n");
  return { text, at: `${lines.length}:${(lines.at(-1) ?? "").length + 1}` };
}

const { syntax, settings } = table<Files>("wrong-configs.yaml");
const own = table<OwnModes>("wrong-own-modes.yaml");

function changed({ from, to }: OwnModes["wrong"][number]): string {
  const [before, after, more] = own.right.split(from);
  if (before === undefined || after === undefined || more !== undefined)
    throw new Error(`${JSON.stringify(from)} is not there once`);
  return `${before}${to}${after}`;
}

/** The one that `WRONG_OWN_MODES` are changes of. */
export const RIGHT_CONFIG = own.right;

export const WRONG_FILES: readonly WrongConfig[] = [...syntax, ...settings].map(
  ({ what, text, says, env = {} }) => ({ what, says, env, ...place(text) }),
);

export const WRONG_OWN_MODES: readonly WrongConfig[] = own.wrong.map((row) => ({
  what: row.what,
  says: row.says,
  env: row.env ?? {},
  ...place(changed(row)),
}));
