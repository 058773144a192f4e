import { expect, it, test } from "vitest";
import { HOSTILE } from "../testing/reports.ts";
import { escapeMarkup, visible, visibleLine } from "./visible.ts";

test.each([
  ["\u001b[31mred\u001b[0m", "\\u001b[31mred\\u001b[0m"],
  ["\u0000\u007f\u009b", "\\u0000\\u007f\\u009b"],
  ["a\rb\nc\td", "a\\u000db\nc\td"],
  ["user\u202egnp.exe", "user\\u202egnp.exe"],
  ["\ufeff\uffff", "\\ufeff\\uffff"],
  ["\ud83d\udd10 ä 漢", "\ud83d\udd10 ä 漢"],
  ["half of \ud83d", "half of \\ud83d"],
])("%j is shown as %j", (text, shown) => expect(visible(text)).toBe(shown));

it("puts a text on one line", () => expect(visibleLine("a\n\tb")).toBe("a\\n\\tb"));

it("leaves nothing that XML 1.0 forbids, nor markup", () => {
  const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).join(" ");
  const shown = escapeMarkup(visible(all + HOSTILE));
  expect(shown).toMatch(/^[\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u);
  expect(shown).not.toMatch(/[<>"']/);
});
