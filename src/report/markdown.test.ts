import { describe, expect, it } from "vitest";
import { hostileReport, mixedReport, report } from "../testing/reports.ts";
import { checkResult } from "../testing/results.ts";
import { markdown } from "./markdown.ts";

/** What stands outside of `<pre>` and of lines of markup, where Markdown is read as such. */
function live(text: string): string {
  return text.replaceAll(/<pre>.*?<\/pre>|^<details>[^\n]*/gms, "");
}

describe("every kind of result", () => {
  const text = markdown(mixedReport());

  it("opens with what is wrong, counted", () => {
    expect(text).toMatch(
      /^## ❌ NATS security: 2 of 4 checks as promised\n\n1 failed · 1 inconclusive · 1 mode did not start · 1 known to deviate · 2 skipped\n/,
    );
    expect(text).toContain("**tls did not start**\n\n<pre>nats-server said: no such file</pre>");
    expect(text).toContain("- <code>token</code>: **1 wrong client got in, 1 inconclusive**");
  });

  it("has failures before the table, with both sides behind a click", () => {
    const [fail, inconclusive, table] = ["### ❌ token/fail", "### ❔ token/inconclusive", "| mode |"].map(
      (part) => text.indexOf(part),
    );
    expect(fail).toBeGreaterThan(0);
    expect(inconclusive).toBeGreaterThan(fail ?? 0);
    expect(table).toBeGreaterThan(inconclusive ?? 0);
    expect(text).toMatch(
      /<details><summary>What both sides saw.*?<pre>client {2}-ERR[^\n]*\nserver {2}\[ERR\][^\n]*<\/pre>\n\n<\/details>/s,
    );
    expect(text).toMatch(/\*\*What to do:\*\* Look at/);
  });

  it("has a row a mode", () => {
    expect(text).toContain("| ❌ <code>token</code> | 1 | 1 | 1 | 1 | 1 | 2.15.1 |");
    expect(text).toContain("| ❌ <code>tls</code> | 0 | 0 | 0 | 0 | 0 | did not start |");
  });
});

it("is short when all is well", () => {
  const text = markdown(report());
  expect(text).toMatch(/^## ✅ NATS security: all 1 checks as promised\n\n\| mode/);
  expect(text).toContain("| ✅ <code>token</code> | 1 | 0 | 0 | 0 | 0 | 2.15.1 |");
  expect(text.split("\n").length).toBeLessThan(12);
});

it("does not say that all is as promised where a server deviates", () => {
  const results = [checkResult(), checkResult({ id: "token/b", verdict: "deviates" })];
  expect(markdown(report({ results }))).toMatch(
    /^## ✅ NATS security: 1 checks as promised\n\n1 known to deviate\n/,
  );
});

describe("hostile texts", () => {
  const text = markdown(hostileReport());

  it("make no markup, link, mention or reference", () => {
    expect(text).not.toContain("<script");
    expect(live(text)).not.toMatch(/(^|[^\\])\]\(/);
    expect(live(text)).not.toMatch(/https?:\/\//);
    expect(live(text)).not.toMatch(/@team|(^|[^\\&])#1\b|(^|[^\\])`/m);
    expect(text).not.toMatch(/[\u0000\u001b\u202e]/);
  });

  it.each(["@team", "#123", "a/b#123", "#12;", "gh-123", "www.evil.test", "WWW.evil.test"])(
    "take apart what GitHub links: %s",
    (said) => {
      const check = checkResult({ check: `x ${said}`, as: said, verdict: "fail", got: "ok" });
      const text = markdown(report({ results: [check] }));
      expect(live(text)).not.toContain(said);
      // In the rendered text too: what is linked there knows nothing of backslashes.
      const rendered = text.replaceAll("\\", "").replaceAll("&#8203;", "\u200b");
      expect(rendered).not.toContain(said);
      expect(rendered.replaceAll("\u200b", "")).toContain(said);
    },
  );

  it("end no cell, no block and no fold", () => {
    for (const row of text.split("\n").filter((line) => line.startsWith("|")))
      expect(row.match(/(?<!\\)\|/g)).toHaveLength(8);
    for (const [, block = ""] of text.matchAll(/<pre>(.*?)<\/pre>/gs)) expect(block).not.toMatch(/\n\n|<|>/);
    expect(text.match(/<details>/g)).toHaveLength(text.match(/<\/details>/g)?.length ?? 0);
  });
});
