import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Report } from "../results.ts";
import { hostileReport, mixedReport, report } from "../testing/reports.ts";
import { checkResult } from "../testing/results.ts";
import { html } from "./html.ts";

function attributes(page: string, name: string): readonly string[] {
  return [...page.matchAll(new RegExp(` ${name}="([^"]*)"`, "g"))].map(([, value = ""]) =>
    value.replaceAll("&#39;", "'"),
  );
}

/** What a reader sees, without the style. */
function textOf(page: string): string {
  return page
    .replace(/<style>.*<\/style>/s, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");
}

const KINDS: readonly (readonly [string, Report])[] = [
  ["a good run", report()],
  ["every kind of result", mixedReport()],
  ["hostile texts", hostileReport()],
  [
    "modes and checks whose names run together",
    report({
      servers: ["a", "a-b"].map((mode) => ({ mode, id: "server", version: "2.15.1" })),
      results: ["a/b-c", "a-b/c"].map((id) => checkResult({ id, mode: id.split("/")[0] ?? "" })),
      modes: [],
    }),
  ],
  [
    "a run in which nothing started",
    report({ servers: [], results: [], modes: [], notStarted: [{ mode: "tls", error: "no" }] }),
  ],
];

describe.each(KINDS)("the page of %s", (_, one) => {
  const page = html(one);

  it("loads nothing and runs nothing", () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|<object|<base|@import|url\(| on[a-z]+=| style=/i);
    expect(attributes(page, "src")).toEqual([]);
    for (const href of attributes(page, "href")) expect(href).toMatch(/^#/);
    const [, style = ""] = /<style>(.*)<\/style>/s.exec(page) ?? [];
    const hash = createHash("sha256").update(style).digest("base64");
    expect(attributes(page, "content")).toContain(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
  });

  it("has each id once, and every link leads to one", () => {
    const ids = attributes(page, "id");
    expect(new Set(ids).size).toBe(ids.length);
    for (const href of attributes(page, "href")) expect(ids).toContain(href.slice(1));
  });

  it("closes every element it opens", () => {
    const open: string[] = [];
    for (const [, end, name = "", self] of page
      .replace(/<style>.*<\/style>/s, "")
      .matchAll(/<(\/?)([a-z][a-z0-9]*)(?:[^>"]|"[^"]*")*?(\/?)>/g)) {
      if (["meta"].includes(name) || self === "/") continue;
      if (end === "") open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });
});

describe("a failed run", () => {
  const page = html(mixedReport());
  const text = textOf(page);

  it("says at the top what broke, why, and what to do", () => {
    expect(page).toMatch(/<title>✖ 2 of 4 checks are not as promised/);
    const [top = ""] = text.split("Every mode, every check");
    expect(top).toMatch(/token 1 wrong client got in, 1 inconclusive/);
    expect(top).toMatch(/tls did not start .* nats-server said: no such file/);
    expect(top).toMatch(/a check: fail It got in, and nobody turned it away\./);
    expect(top).toMatch(
      /The client saw -ERR &#39;Authorization Violation&#39; The server logged \[ERR\] authentication error/,
    );
    expect(top).toMatch(/What to do: Look at the users, passwords and tokens/);
    expect(top.indexOf("a check: fail")).toBeLessThan(top.indexOf("a check: inconclusive"));
    expect(top).not.toContain("a check: pass");
  });

  it("has every mode and check in the matrix, by name and verdict", () => {
    const [, matrix = ""] = /<tbody>(.*)<\/tbody>/s.exec(page) ?? [];
    expect(attributes(matrix, "aria-label")).toEqual([
      "a check: fail: failed",
      "a check: inconclusive: inconclusive",
      "a check: pass: as promised",
      "a check: deviates: known deviation",
    ]);
    expect(textOf(matrix)).toMatch(/token ✖ 2\/4 1 skipped .* tls ✖ did not start .* later/);
  });

  it("has findings, skips and deviations with their reasons", () => {
    expect(text).toContain("takes no token from a URL");
    expect(text).toContain("token/cli needs the nats CLI on PATH");
    expect(text).toContain("Why it takes any case");
  });
});

describe("a mode", () => {
  const page = html(report());

  it("draws one that lasts a moment so that it is seen", () => {
    const [detail] = report().modes;
    const [ca] = detail?.certificates ?? [];
    if (detail === undefined || ca === undefined) throw new Error("there is one");
    const moment = { ...ca, name: "moment", notAfter: ca.notBefore };
    const drawn = html(report({ modes: [{ ...detail, certificates: [ca, moment] }] }));
    const widths = [...drawn.matchAll(/<rect class="\w+" x="[\d.]+%" width="([\d.]+)%"/g)].map(
      ([, width]) => width,
    );
    expect(Number(widths[1])).toBeGreaterThan(0.5);
  });

  it("shows its config with the security lines marked, and no secret", () => {
    expect(page).toContain('<span class="sec">token: &quot;[secret]&quot;  # sec:token</span>');
    expect(page).toContain("<span>port: -1</span>");
    expect(textOf(page)).toContain("2 security lines marked, secrets masked");
  });

  it("draws the chain on one axis: CA, leaves, what is foreign, expired or not valid yet", () => {
    const bars = [...page.matchAll(/<rect class="(\w+)" x="([\d.]+)%" width="([\d.]+)%"/g)].map(
      ([, kind, x, width]) => ({
        kind,
        x: Number(x),
        end: Number(x) + Number(width),
      }),
    );
    const now = Number(/<line x1="([\d.]+)%"/.exec(page)?.[1]);
    expect(bars.map(({ kind }) => kind)).toEqual(["ca", "leaf", "foreign", "out", "out"]);
    const [ca, leaf, , expired, later] = bars;
    expect(ca?.end).toBeGreaterThan(leaf?.end ?? Number.POSITIVE_INFINITY);
    expect(leaf?.x).toBeLessThan(now);
    expect(leaf?.end).toBeGreaterThan(now);
    expect(expired?.end).toBeLessThan(now + 1);
    expect(later?.x).toBeGreaterThan(now);
    for (const { x, end } of bars) expect(x >= 0 && end <= 100).toBe(true);
    const text = textOf(page);
    expect(text).toContain("until 2026-12-22, 28 days left");
    expect(text).toContain("expired 30 minutes before the run");
    expect(text).toContain("good from 2026-12-08 on");
  });
});

it("does not say that all is as promised where a server deviates", () => {
  const page = html(
    report({ results: [checkResult(), checkResult({ id: "token/b", verdict: "deviates" })] }),
  );
  expect(page).toMatch(/<title>✓ 1 checks are as promised, 1 known to deviate/);
  expect(page).toContain('<header class="good">');
});

it("shows what would not be seen, or be markup, as text", () => {
  const page = html(hostileReport());
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(page).not.toMatch(/[\u0000\u001b\u202e\ufffe]/);
  expect(page).toContain("\\u001b[31m");
});

it("stays readable with many failures: three in full, the others a line each", () => {
  const results = Array.from({ length: 240 }, (_, i) =>
    checkResult({ id: `token/${i}`, verdict: "fail", got: "ok" }),
  );
  const page = html(report({ results }));
  expect(page.match(/<article class="card">/g)).toHaveLength(3);
  expect(textOf(page)).toContain("And these 237, often for the same cause");
  expect(page.length).toBeLessThan(2_000_000);
});
