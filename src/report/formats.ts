/** The formats of reports: their names, default files, and where each is made; only what is used is loaded. */
import { SandboxError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { Report } from "../results.ts";

interface Format {
  /** Where it goes when no file is given. */
  readonly file: string;
  readonly load: () => Promise<(report: Report) => string>;
}

const FORMATS = {
  html: { file: "nats-sandbox-report.html", load: async () => (await import("./html.ts")).html },
  json: { file: "nats-sandbox-report.json", load: async () => (await import("./json.ts")).json },
  junit: { file: "nats-sandbox-report.xml", load: async () => (await import("./junit.ts")).junit },
  markdown: { file: "nats-sandbox-report.md", load: async () => (await import("./markdown.ts")).markdown },
  sarif: { file: "nats-sandbox-report.sarif", load: async () => (await import("./sarif.ts")).sarif },
} satisfies Readonly<Record<string, Format>>;

export type ReportFormat = keyof typeof FORMATS;

export const REPORT_FORMATS = Object.keys(FORMATS) as readonly ReportFormat[];

/** A report that is wanted: `html`, or `html=FILE`. */
export interface WantedReport {
  readonly format: ReportFormat;
  readonly file: string;
}

/** @throws SandboxError `usage` */
export function wantedReport(text: string): WantedReport {
  const [, name = "", , file] = /^([^=]*)(=(.*))?$/s.exec(text) ?? [];
  const format = REPORT_FORMATS.find((one) => one === name);
  if (format === undefined) {
    const meant = nearest(name, REPORT_FORMATS);
    throw new SandboxError("usage", `there is no report format ${JSON.stringify(name)}`, {
      detail: `there is: ${REPORT_FORMATS.join(", ")}`,
      fix: meant === undefined ? "give one of these, such as html=FILE" : `did you mean ${meant}?`,
    });
  }
  if (file === "-")
    throw new SandboxError("usage", `the ${format} report cannot go to standard output`, {
      detail: "the result of the command is there already",
      fix: `give a file (${format}=FILE), or use --json, which prints the report as JSON`,
    });
  if (file?.trim() === "" || file?.includes("\0"))
    throw new SandboxError("usage", `the file of the ${format} report is no name of a file`, {
      fix: `give one (${format}=FILE), or leave the = out for ${FORMATS[format].file}`,
    });
  return { format, file: file ?? FORMATS[format].file };
}

/** The text of a report in a format. */
export async function renderReport(format: ReportFormat, report: Report): Promise<string> {
  const render = await FORMATS[format].load();
  return render(report);
}
