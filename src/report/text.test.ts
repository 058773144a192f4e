import { describe, expect, it, test } from "vitest";
import type { Phase } from "../results.ts";
import { checkResult, finding, PLAIN, resultsOf, row, TAGS } from "../testing/results.ts";
import { deviationText, failureText, findingTexts, modeTable, skipTexts } from "./text.ts";

describe("the table", () => {
  const ROWS = [
    row({ mode: "open", url: "nats://localhost:1", results: [checkResult({ expect: "ok" })] }),
    row({ expected: 3, results: resultsOf(["pass", "deviates", "pass"]) }),
    row({
      mode: "tls",
      url: "tls://localhost:41233",
      expected: 3,
      results: resultsOf(["pass", "fail", "inconclusive"]),
    }),
    row({ mode: "token", phase: "checking", expected: 9 }),
    row({ mode: "waiting", phase: "waiting", url: "", results: [] }),
    row({
      mode: "broken",
      phase: "failed",
      url: "",
      results: [],
      error: "the server of broken/server did not start, and many more words",
    }),
  ];

  it("has a line a mode, its columns one below the other", () => {
    expect(modeTable(ROWS, PLAIN, 80)).toEqual([
      "  MODE                URL                     CHECKS",
      "  ✔ open              nats://localhost:1      1/1     everyone gets in",
      "  ✔ user-pass-bcrypt  nats://localhost:41231  3/3     3 turned away",
      "  ✖ tls               tls://localhost:41233   1/3     2 not as promised",
      "  … token             nats://localhost:41231  1/9",
      "  · waiting",
      "  ✖ broken                                            the server of broken/serv…",
    ]);
  });

  test.each([40, 60, 80, 100, 200])("fits %i columns, without a space at the end of a line", (width) => {
    const lines = modeTable(ROWS, PLAIN, width);
    expect(lines).toHaveLength(ROWS.length + 1);
    for (const line of lines) {
      expect(line.length).toBeLessThanOrEqual(width);
      expect(line).not.toMatch(/\s$/);
    }
  });

  test.each<[Phase, string]>([
    ["waiting", "·"],
    ["starting", "…"],
    ["ready", "…"],
    ["checking", "…"],
    ["checked", "✔"],
    ["failed", "✖"],
    ["lost", "✖"],
  ])("shows the phase %s as %s", (phase, sign) => {
    expect(modeTable([row({ phase })], PLAIN, 80)[1]).toMatch(new RegExp(`^  ${sign} user-pass-bcrypt `));
  });

  it("is red from the first check that is not as promised, while others still run", () => {
    for (const verdict of ["fail", "inconclusive"] as const) {
      const [, line] = modeTable(
        [row({ phase: "checking", expected: 9, results: resultsOf(["pass", verdict]) })],
        TAGS,
        80,
      );
      expect(line).toContain("<red>✖</red>");
      expect(line).toContain("1/9");
    }
    const [, good] = modeTable(
      [row({ phase: "checked", results: resultsOf(["pass", "deviates"]) })],
      TAGS,
      80,
    );
    expect(good).toContain("<green>✔</green>");
    expect(good).not.toContain("<red>");
  });

  it("is its head alone without modes", () => {
    expect(modeTable([], PLAIN, 80)).toEqual(["  MODE    URL  CHECKS"]);
  });
});

describe("a check that is not as promised", () => {
  it("is told with both sides' words, what was expected, and why", () => {
    const failed = checkResult({
      verdict: "fail",
      got: "ok",
      reason: "expected login, got ok",
      evidence: { client: "PONG", server: ["[DBG] created", "[DBG] closed"] },
    });
    expect(failureText(failed, PLAIN)).toEqual([
      "✖ token/wrong  a wrong token",
      "    expected  login",
      "    got       ok",
      "    client    PONG",
      "    server    [DBG] created",
      "    server    [DBG] closed",
      "    why       expected login, got ok",
    ]);
    expect(failureText(failed, TAGS)[0]).toBe("<red>✖</red> <bold>token/wrong</bold>  a wrong token");
  });

  it("names another driver than the judge, says when it proves nothing, and when the server was silent", () => {
    const odd = checkResult({
      verdict: "inconclusive",
      driver: "nats.js",
      evidence: { client: "nothing", server: [] },
    });
    expect(failureText(odd, PLAIN)).toEqual([
      "✖ token/wrong  a wrong token (nats.js)",
      "    expected  login",
      "    got       login  (inconclusive)",
      "    client    nothing",
      "    server    logged nothing",
      "    why       unknown",
    ]);
  });

  it("is a line with its reason where it is a known deviation", () => {
    const deviating = checkResult({ verdict: "deviates", reason: "servers before 2.0 do" });
    expect(deviationText(deviating, PLAIN)).toBe("≠ token/wrong  a wrong token: servers before 2.0 do");
  });
});

describe("what clients do today", () => {
  it("is a heading and a line each, wrapped to the width", () => {
    const lines = findingTexts([finding(), finding({ driver: "nats CLI 0.5.1", text: "x" })], PLAIN, 50);
    expect(lines).toEqual([
      "  What clients do today (recorded, not judged)",
      "  ! nats.js 3.4.0, a token in the URL: takes no",
      "    token from a URL: pass it as an option",
      "  ! nats CLI 0.5.1, a token in the URL: x",
    ]);
  });

  test.each([46, 60, 80, 120])("fits %i columns, and loses no word", (width) => {
    const one = finding();
    const [, ...lines] = findingTexts([one], PLAIN, width);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    const words = lines.join(" ").split(/\s+/).join(" ");
    expect(words).toBe(` ! ${one.driver}, ${one.title}: ${one.text}`);
  });

  it("is nothing where there is nothing", () => {
    expect(findingTexts([], PLAIN, 80)).toEqual([]);
  });
});

test("skips are told by reason: each by name, or how many of which modes where they are many", () => {
  const of = (mode: string, id: string, reason: string) => ({ mode, id: `${mode}/${id}`, reason });
  const natscli = "needs the nats CLI on PATH";
  const many = ["a", "b", "c"].map((id) => of("token", id, natscli));
  const skips = [
    ...many,
    of("user-pass", "a", natscli),
    of("permissions", "q", "needs 2.1.2"),
    of("permissions", "r", "needs 2.1.2"),
  ];
  expect(skipTexts([...skips, { mode: "tls-first", reason: "needs 2.10.4" }], PLAIN)).toEqual([
    `- skipped: 4 checks and findings of token, user-pass (${natscli})`,
    "- skipped: permissions/q, permissions/r (needs 2.1.2)",
    "- skipped: tls-first (needs 2.10.4)",
  ]);
  expect(skipTexts([], PLAIN)).toEqual([]);
});
