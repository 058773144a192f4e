/** What a runner of GitHub Actions gives to an action and takes from it: inputs, files for values, workflow commands. */
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";

/** @param {string} name as action.yml has it */
export function input(name) {
  return (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
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
