/** The report as JSON: the document of `check --json`. */
import type { Report } from "../results.ts";

export function json(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
