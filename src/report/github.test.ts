import { describe, expect, it } from "vitest";
import { hostileReport, mixedReport, report } from "../testing/reports.ts";
import { checkResult } from "../testing/results.ts";
import { annotations, fittingSummary } from "./github.ts";

describe("annotations", () => {
  it("are one for what did not start, failed, or proves nothing", () => {
    expect(annotations(mixedReport())).toEqual([
      "::error title=tls did not start::nats-server said: no such file",
      expect.stringMatching(
        /^::error title=token\/fail%3A a check%3A fail::The server must .* It got in, and nobody/,
      ),
      expect.stringMatching(/^::error title=token\/inconclusive%3A .*::It proves nothing: its control/),
    ]);
  });

  it("are none when all is well", () => expect(annotations(report())).toEqual([]));

  it("escape what would end the title, the message or the line", () => {
    for (const line of annotations(hostileReport())) {
      expect(line).not.toMatch(/[\r\n\u0000\u001b]/);
      const [, title = ""] = /^::error title=([^:]*)::/.exec(line) ?? [];
      expect(title).not.toMatch(/,/);
      expect(line).toMatch(/%250A/); // the text has %0A in it, and still has
      expect(line).toMatch(/second line/);
    }
    const [{ length: _ } = "", failed = ""] = annotations(hostileReport());
    expect(decodeURIComponent(failed.slice(0, failed.indexOf("::", 2)))).toContain("ä,b:c");
  });

  it("are ten at most, and the last tells of the others", () => {
    const many = Array.from({ length: 30 }, (_, i) =>
      checkResult({ id: `token/${i}`, verdict: "fail", got: "ok" }),
    );
    const lines = annotations(report({ results: many }));
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe(
      "::error title=21 more::21 more are not as promised: see the summary of this job",
    );
  });
});

describe("the summary", () => {
  const MIB = 1024 * 1024;
  it("is whole when it fits", () => expect(fittingSummary("# a\n", MIB - 4)).toBe("# a\n"));
  it("is cut at a line, with a note, within 1 MiB", () => {
    const text = `${"é".repeat(99)}\n`.repeat(9000);
    const taken = 1000;
    const cut = fittingSummary(text, taken);
    expect(Buffer.byteLength(cut) + taken).toBeLessThanOrEqual(MIB);
    expect(Buffer.byteLength(cut) + taken).toBeGreaterThan(MIB - 500);
    expect(cut).toMatch(/é{99}\n\n<\/details>\n\n\*Cut here/);
    expect(cut).not.toContain("\ufffd");
  });
  it("is nothing when there is no room", () => expect(fittingSummary("# a long one", MIB)).toBe(""));
});
