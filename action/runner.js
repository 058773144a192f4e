/** What a runner of GitHub Actions gives to an action and takes from it: inputs, files for values, workflow commands. */
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";

/** @param {string} name as action.yml has it */
export function input(name) {
  return (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
}

/** The same, where a program may print it. @param {string} name */
export function lineInput(name) {
  return printable(name, input(name));
}

/** Words with spaces, commas or line breaks between them. @param {string} name */
export function wordsInput(name) {
  const words = input(name).split(/[\s,]+/);
  return words.filter((word) => word !== "").map((word) => printable(name, word));
}

/**
 * What is printed of this is never a workflow command: a line that begins with `::`, or has `##[` anywhere, is one to the
 * runner (its ActionCommand.cs).
 * @param {string} name of the input
 * @param {string} text
 */
function printable(name, text) {
  if (!/\p{Cc}|^::|##\[/u.test(text)) return text;
  const code = (/** @type {string} */ one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const quoted = JSON.stringify(text).replaceAll(/\p{Cc}/gu, code);
  throw new Error(`the input ${name} holds a control character or a workflow command: ${quoted}`);
}

/**
 * Gives values to the steps that come (GITHUB_OUTPUT) or to the action's own last one (GITHUB_STATE).
 * @param {"GITHUB_OUTPUT" | "GITHUB_STATE"} file
 * @param {Readonly<Record<string, string>>} values
 */
export function give(file, values) {
  const path = process.env[file];
  if (!path) throw new Error(`${file} is not set: this runs in a step of a GitHub Actions job`);
  for (const [name, value] of Object.entries(values)) {
    const end = `end-${randomUUID()}`;
    appendFileSync(path, `${name}<<${end}\n${value}\n${end}\n`);
  }
}

/** What main.js left for the last step; empty when it left nothing. @param {string} name */
export function state(name) {
  return process.env[`STATE_${name}`] ?? "";
}

/**
 * An annotation. The text may have several lines.
 * @param {"error" | "warning"} kind
 * @param {string} text
 */
export function annotate(kind, text) {
  const data = text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  process.stdout.write(`::${kind} title=nats-sandbox::${data}\n`);
}

/**
 * Folds what `work` prints.
 * @param {string} title
 * @param {() => Promise<unknown>} work
 */
export async function group(title, work) {
  process.stdout.write(`::group::${title}\n`);
  try {
    await work();
  } finally {
    process.stdout.write("::endgroup::\n");
  }
}
