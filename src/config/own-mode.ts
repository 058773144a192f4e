/** An own mode as the file has it -> a mode like the built-in ones. */
import type { Check, Mode, ServerRecipe } from "../model.ts";
import { defaultChecks } from "./default-checks.ts";
import { limitsOf, type WrittenLimits } from "./sizes.ts";
import { DEFAULT_TEMPLATE } from "./templates.ts";

type Written<Recipe, Optional extends keyof Recipe> = Omit<Recipe, Optional> &
  Partial<Pick<Recipe, Optional>>;

/** What the schema lets through. */
export interface WrittenMode
  extends Omit<
    Written<Mode, "title" | "why" | "groups">,
    "name" | "findings" | "servers" | "checks" | "jetstream"
  > {
  readonly jetstream?: WrittenLimits;
  readonly servers: Readonly<Record<string, Written<ServerRecipe, "template">>>;
  readonly checks?: Readonly<Record<string, Written<Check, "title" | "as">>>;
}

export function modeOf(name: string, written: WrittenMode): Mode {
  const { title = name, groups = [], jetstream, checks, certificates = {}, secrets, ...rest } = written;
  const mode = {
    ...rest,
    name,
    title,
    why: written.why ?? "An own mode of this project.",
    groups,
    servers: mapValues(written.servers, (server) => ({ template: DEFAULT_TEMPLATE, ...server })),
    ...(jetstream === undefined ? {} : { jetstream: limitsOf(jetstream) }),
    ...(Object.keys(certificates).length === 0 ? {} : { certificates }),
  };
  if (checks !== undefined)
    return {
      ...mode,
      ...(secrets === undefined ? {} : { secrets }),
      checks: mapValues(checks, (check, id) => ({ title: id, as: "app", ...check })),
    };
  return { ...mode, ...defaultChecks({ ...mode, ...(secrets === undefined ? {} : { secrets }) }) };
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, key: string) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
