/** What GitHub Actions shows of a report: annotations of what is not as promised, and the summary of the job. */
import type { Report } from "../results.ts";
import { breachOf, promiseOf } from "./meaning.ts";
import { visible } from "./visible.ts";

/** GitHub shows no more of a kind and step. */
const ANNOTATIONS = 10;
/** Bytes of the summary of a step; a longer one is not shown at all. */
const SUMMARY = 1024 * 1024;
const CUT = "\n\n</details>\n\n*Cut here: GitHub takes 1 MiB a step. The other reports have all of it.*\n";

/** Workflow commands, a line each; the last one tells of those that are too many. */
export function annotations({ results, notStarted }: Report): readonly string[] {
  const all = [
    ...notStarted.map(({ mode, error }) => command("error", `${mode} did not start`, error)),
    ...results
      .filter(({ verdict }) => verdict === "fail")
      .map((one) => command("error", `${one.id}: ${one.check}`, `${promiseOf(one)} ${breachOf(one)}`)),
    ...results
      .filter(({ verdict }) => verdict === "inconclusive")
      .map((one) => command("error", `${one.id}: ${one.check}`, breachOf(one))),
  ];
  if (all.length <= ANNOTATIONS) return all;
  const more = all.length - ANNOTATIONS + 1;
  return [
    ...all.slice(0, ANNOTATIONS - 1),
    command("error", `${more} more`, `${more} more are not as promised: see the summary of this job`),
  ];
}

/** The part of a summary that still fits when the file has so many bytes already. */
export function fittingSummary(markdown: string, taken: number): string {
  const room = SUMMARY - taken;
  const bytes = Buffer.from(markdown);
  if (bytes.length <= room) return markdown;
  if (room < CUT.length) return "";
  const kept = bytes.subarray(0, room - Buffer.byteLength(CUT)).toString("utf8");
  return kept.slice(0, Math.max(0, kept.lastIndexOf("\n"))) + CUT;
}

/** Values are escaped as the runner reads them; it knows no other escapes (actions/toolkit, command.ts). */
function command(name: "error", title: string, message: string): string {
  return `::${name} title=${property(visible(title))}::${data(visible(message))}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
