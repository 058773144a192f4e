import { expect, it, test } from "vitest";
import { randomTexts } from "../testing/random-texts.ts";
import { githubFile, githubMasks } from "./github.ts";

/** Reads the file as the runner does (FileCommandManager.cs): `NAME=value`, or `NAME<<END` up to that line. */
function asRunner(file: string): Record<string, string> {
  const env: Record<string, string> = {};
  const lines = file.split("\n");
  expect(lines.pop()).toBe("");
  while (lines.length > 0) {
    const line = lines.shift() ?? "";
    const [equals, heredoc] = [line.indexOf("="), line.indexOf("<<")];
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) env[line.slice(0, equals)] = line.slice(equals + 1);
    else {
      const end = lines.indexOf(line.slice(heredoc + 2));
      expect(end).toBeGreaterThanOrEqual(0);
      env[line.slice(0, heredoc)] = lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join("\n");
    }
  }
  return env;
}

/** What the runner masks (ActionCommand.cs: %25, %0D, %0A). */
function masked(commands: string): readonly string[] {
  return commands.split("\n").flatMap((line) => {
    const value = /^::add-mask::(.*)$/.exec(line)?.[1];
    return value === undefined
      ? []
      : [value.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%")];
  });
}

test("the later steps get every value as it is, line breaks and all", () => {
  const values = ["", "a=b", "<<", "a<<b", "a\nb", "\n", "x<<end\ny\nend", "%0A", ...randomTexts(200)];
  const env = Object.fromEntries(values.map((value, i) => [`NATS_${i}`, value]));
  expect(asRunner(githubFile(env, {}))).toEqual(env);
});

it("ends a value of several lines with what nobody can guess", () => {
  const ends = [1, 2].map(() => /<<(\S+)/.exec(githubFile({ A: "a\nb" }, {}))?.[1]);
  expect(ends[0]).toMatch(/[0-9a-f-]{36}$/);
  expect(ends[0]).not.toBe(ends[1]);
});

it("empties what an earlier step left, and that alone", () => {
  const inherited = { NATS_CERT: "/stale", NATS_KEY: "", NATS_URL: "nats://old", OTHER: "x" };
  expect(asRunner(githubFile({ NATS_URL: "nats://new" }, inherited))).toEqual({
    NATS_CERT: "",
    NATS_URL: "nats://new",
  });
});

test("each secret is masked, as it is, line by line, and as a URL has it; nothing else is", () => {
  const env = {
    NATS_URL: "nats://localhost:1",
    NATS_USER: "app",
    NATS_PASSWORD: "p@ 50%0A",
    NATS_TOKEN: "one\ntwo\r\nthree",
    NATS_SANDBOX_TOKEN_TOKEN: "other",
    NATS_SANDBOX_TOKEN_URL: "nats://localhost:2",
  };
  expect(masked(githubMasks(env))).toEqual([
    "p@ 50%0A",
    "p%40%2050%250A",
    "one\ntwo\r\nthree",
    "one",
    "two",
    "three",
    "one%0Atwo%0D%0Athree",
    "other",
  ]);
  expect(githubMasks({ NATS_PASSWORD: "" })).toBe("");
});
