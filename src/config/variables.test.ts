// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what is tested
/** After https://docs.docker.com/reference/compose-file/interpolation, but that an unset variable is an error. */
import { describe, expect, it, test } from "vitest";
import { CannotExpand, expand } from "./variables.ts";

const ENV = { SET: "value", EMPTY: "", OTHER: "$SET ${SET} $$", N1: "one" };

function failure(text: string, env: NodeJS.ProcessEnv = ENV): CannotExpand {
  try {
    expand(text, env);
  } catch (error) {
    if (error instanceof CannotExpand) return error;
    throw error;
  }
  throw new Error("it was expanded");
}

describe("a value", () => {
  test.each([
    ["plain", "plain"],
    ["", ""],
    ["$SET", "value"],
    ["a$SET.b", "avalue.b"],
    ["${SET}b", "valueb"],
    ["$SET$SET", "valuevalue"],
    ["$N1-", "one-"],
    ["${EMPTY}", ""],
    ["$$SET", "$SET"],
    ["$$$$", "$$"],
    ["$$$SET", "$value"],
    ["$$JS.API.>", "$JS.API.>"],
    ["${SET:-d}", "value"],
    ["${EMPTY:-d}", "d"],
    ["${UNSET:-d}", "d"],
    ["${SET-d}", "value"],
    ["${EMPTY-d}", ""],
    ["${UNSET-d}", "d"],
    ["${UNSET:-}", ""],
    ["${UNSET-}", ""],
    ["${SET:?why}", "value"],
    ["${EMPTY?why}", ""],
    ["${SET:+a}", "a"],
    ["${EMPTY:+a}", ""],
    ["${UNSET:+a}", ""],
    ["${EMPTY+a}", "a"],
    ["${UNSET+a}", ""],
    ["${UNSET:-${SET}}", "value"],
    ["${UNSET:-a${EMPTY:-b${SET}c}d}", "abvaluecd"],
    ["${UNSET:-$SET$$}", "value$"],
    ["${SET:-${UNSET}}", "value"],
    ["${UNSET:+${UNSET:?no}}", ""],
    ["${UNSET:-a-b:c?d}", "a-b:c?d"],
    ["}${SET}{", "}value{"],
    ["$OTHER", "$SET ${SET} $$"],
  ])("%s is %s", (text, expected) => {
    expect(expand(text, ENV).text).toBe(expected);
  });

  test.each(["$app.password", "$my-app.user", "$app.token:swapcase", "$app.hash", "$SET.user"])(
    "%s is a reference, and stays",
    (text) => {
      expect(expand(text, ENV)).toEqual({ text, variables: [], expanded: false });
    },
  );

  it("knows which variables are in it, and not those that are not used", () => {
    expect(expand("$SET${UNSET:-${N1}}${SET:+x}${SET:-$OTHER}", ENV).variables).toEqual(["SET", "N1"]);
  });
});

describe("what cannot be expanded", () => {
  test.each([
    ["$UNSET", "UNSET is not set", "$UNSET"],
    ["a ${UNSET} b", "UNSET is not set", "${UNSE"],
    ["${UNSET:-${OFF}}", "OFF is not set", "${OF"],
    ["${SET:+$OFF}", "OFF is not set", "$OFF"],
    ["${UNSET:?ask Ann}", "UNSET is not set: ask Ann", "${UNSET"],
    ["${EMPTY:?}", "EMPTY is empty", "${EMPTY"],
    ["$", "begins no variable", "$"],
    ["a$ b", "begins no variable", "$"],
    ["$1", "begins no variable", "$"],
    ["${", "begins no variable", "${"],
    ["${}", "begins no variable", "${"],
    ["${-a}", "begins no variable", "${"],
    ["${SET", "that no } closes", "${SET"],
    ["${SET:-a", "that no } closes", "${SET:-a"],
    ["${SET.x}", "that no } closes", "${SET"],
    ["${SET:x}", "that no } closes", "${SET"],
    ["$constructor", "constructor is not set", "$constructor"],
  ])("%s: %s", (text, message, snippet) => {
    const error = failure(text);
    expect(error.message).toContain(message);
    expect(error.snippet).toBe(snippet);
    expect(error.fix).toMatch(/set |\$\$/);
  });

  it("shows no value, in the reason neither", () => {
    const { message, fix } = failure("${UNSET:?like $SET}${SET}");
    expect(message).toContain("like $SET");
    expect(`${message} ${fix}`).not.toContain("value");
  });

  it("is a default too deep, or a value too long", () => {
    expect(failure(`${"${A:-".repeat(25)}${"}".repeat(25)}`, {}).message).toContain("more than 20 deep");
    expect(failure("$A".repeat(1000), { A: "x".repeat(2000) }).message).toContain("longer than");
  });

  it("says how to write a reference where one was meant", () => {
    expect(failure("$app.pasword").fix).toContain(".password");
    expect(failure("$JS.API.>").fix).toContain("$$JS.API.>");
  });
});
