import { expect, it, test } from "vitest";
import { report } from "../testing/reports.ts";
import { REPORT_FORMATS, renderReport, wantedReport } from "./formats.ts";

test.each([
  ["html", { format: "html", file: "nats-sandbox-report.html" }],
  ["json", { format: "json", file: "nats-sandbox-report.json" }],
  ["junit", { format: "junit", file: "nats-sandbox-report.xml" }],
  ["markdown", { format: "markdown", file: "nats-sandbox-report.md" }],
  ["sarif", { format: "sarif", file: "nats-sandbox-report.sarif" }],
  ["junit=a/b=c.xml", { format: "junit", file: "a/b=c.xml" }],
  ["html=line\nbreak", { format: "html", file: "line\nbreak" }],
])("%j is wanted as %j", (text, wanted) => expect(wantedReport(text)).toEqual(wanted));

test.each([
  ["junt=x", 'there is no report format "junt"', "did you mean junit?"],
  ["HTML", 'there is no report format "HTML"', /./],
  ["toString", 'there is no report format "toString"', /html=FILE/],
  ["=x", 'there is no report format ""', /./],
  ["html=-", "the html report cannot go to standard output", /--json/],
  ["html=", "the file of the html report is no name of a file", /nats-sandbox-report\.html/],
  ["html= ", "the file of the html report is no name of a file", /html=FILE/],
  ["html=a\0b", "the file of the html report is no name of a file", /html=FILE/],
])("%j is wrong use", (text, message, fix) => {
  expect(() => wantedReport(text)).toThrow(
    expect.objectContaining({
      code: "usage",
      message,
      fix: typeof fix === "string" ? fix : expect.stringMatching(fix),
    }),
  );
});

it("renders each format, and json as the report itself", async () => {
  const one = report();
  for (const format of REPORT_FORMATS) expect(await renderReport(format, one), format).toMatch(/token/);
  expect(JSON.parse(await renderReport("json", one))).toEqual(one);
});
