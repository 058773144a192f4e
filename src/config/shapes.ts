/** What the schemas of nats-sandbox.yaml are made of: mappings without unknown keys, names, sizes, subjects. */
import { z } from "zod";
import { LONGEST_NAME, NAME } from "../name-rules.ts";

/**
 * A mapping with these keys and no others. The message about an unknown key is the list of those there are: whoever
 * words the problem looks for the nearest one.
 */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(",") : undefined),
  });
}

/** Of modes, servers, clients, secrets and certificates. */
export const Name = z
  .string()
  .max(LONGEST_NAME, `has more than ${LONGEST_NAME} characters`)
  .regex(
    NAME,
    "is no name: a name is lower-case letters, digits and single dashes, a letter first, such as orders-api",
  );

export const CheckId = z
  .string()
  .max(60, "has more than 60 characters")
  .regex(
    /^[a-z0-9]+([.-][a-z0-9]+)*$/,
    "is no id of a check: an id is lower-case letters, digits, single dashes and dots, such as wrong-password",
  );

/** One line for people. */
export const Text = z.string().regex(/^[^\p{Cc}]+$/u, "must be one line of text");

const PORT = "must be a port, 1 to 65535; leave it out, and the server chooses one";
export const Port = z.int().min(1, PORT).max(65_535, PORT);

const SUBJECT_MESSAGE = "must be a subject: parts with dots between them, and no space";
/** Wildcards are looked at where it is known whether they may be there. */
export const Subject = z.string().regex(/^[^\s.\p{Cc}]+(\.[^\s.\p{Cc}]+)*$/u, SUBJECT_MESSAGE);

export const Word = z.string().regex(/^[^\s\p{Cc}]+$/u, "must be a word without spaces");

const SIZE = "must be a size such as 64MB or 1GB, or a number of bytes";
const Size = z.union([z.int().min(1, SIZE), z.string().regex(/^[1-9]\d{0,8} ?([KMGT]i?)?B$/, SIZE)], {
  error: SIZE,
});

/** Limits of JetStream. */
export const Limits = mapping({
  memory: Size.describe("Most that streams may keep in memory, such as 64MB."),
  disk: Size.describe("Most that streams may keep on disk, such as 1GB."),
});
