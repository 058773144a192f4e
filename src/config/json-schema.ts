/** JSON Schema of nats-sandbox.yaml, for editors. */
import { z } from "zod";
import { File } from "./schema.ts";

type Json = { readonly [key: string]: unknown };

/** A value may be a variable wherever a value is wanted. */
const VARIABLE = { type: "string", pattern: "\\$", description: "A variable, such as $NAME." };

export function jsonSchema(): Json {
  const schema = z.toJSONSchema(File, { io: "input", target: "draft-7", reused: "inline" }) as Json;
  return { ...(withVariables(schema) as Json), title: "nats-sandbox.yaml" };
}

/** Lets a text with a `$` in place of everything that is no list, no mapping and no free text. */
function withVariables(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withVariables);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema as Json).map(([key, value]) => [key, below(key, value)] as const);
  const inner = Object.fromEntries(entries) as Json;
  if (!isPicky(inner)) return inner;
  const { description, ...rest } = inner;
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, VARIABLE] };
}

function below(key: string, value: unknown): unknown {
  if (key === "properties" || key === "definitions")
    return Object.fromEntries(
      Object.entries(value as Json).map(([name, schema]) => [name, withVariables(schema)]),
    );
  return ["items", "additionalProperties", "anyOf", "oneOf"].includes(key) ? withVariables(value) : value;
}

/** Numbers, truths, choices and patterns; a constant tells the kinds of a mapping apart, and stays. */
function isPicky({ type, const: constant, enum: choices, pattern }: Json): boolean {
  if (constant !== undefined) return false;
  return (
    type === "boolean" ||
    type === "integer" ||
    choices !== undefined ||
    (type === "string" && pattern !== undefined)
  );
}
