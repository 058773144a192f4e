/** The inputs and outputs of the GitHub Action as tables, out of action.yml. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { table } from "./page.mjs";

/** @returns {string} */
export function actionTables() {
  const { inputs, outputs } = parse(readFileSync(new URL("../../action.yml", import.meta.url), "utf8"));
  const { "job-status": _, ...asked } = inputs; // the action's own
  const rows = (entries) =>
    Object.entries(entries).map(([name, { description, default: usual }]) => [
      `\`${name}\``,
      usual === undefined ? description : `${description} Default: \`${usual}\`.`,
    ]);
  return `\n${table(["input", ""], rows(asked))}\n\n${table(["output", ""], rows(outputs))}\n`;
}
