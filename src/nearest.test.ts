import { describe, expect, it, test } from "vitest";
import { nearest } from "./nearest.ts";

describe("nearest", () => {
  test.each<[string, string | undefined]>([
    ["tls", "tls"],
    ["tsl", "tls"],
    ["tls-verfy", "tls-verify"],
    ["tlsverify", "tls-verify"],
    ["tls-verify-", "tls-verify"],
    ["user", undefined],
    ["user-passwd", "user-pass"],
    ["qqqqqqqq", undefined],
  ])("of %s is %s", (word, expected) => {
    expect(nearest(word, ["tls", "tls-verify", "user-pass"])).toBe(expected);
  });

  it("of nothing is nothing", () => {
    expect(nearest("tls", [])).toBeUndefined();
  });
});
