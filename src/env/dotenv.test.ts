import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, test } from "vitest";
import { SandboxError } from "../errors.ts";
import { randomTexts } from "../testing/random-texts.ts";
import { dotenv } from "./dotenv.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "dotenv-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function readByNode(text: string): Readonly<Record<string, string>> {
  const file = join(dir, ".env");
  writeFileSync(file, text);
  const show = "process.stdout.write(JSON.stringify(process.env))";
  return JSON.parse(
    execFileSync(process.execPath, [`--env-file=${file}`, "-e", show], { env: {}, encoding: "utf8" }),
  );
}

function accepted(value: string): boolean {
  try {
    return dotenv({ A: value }) !== "";
  } catch (error) {
    expect(error).toMatchObject({ code: "invalid-secret", message: expect.stringContaining("A") });
    return false;
  }
}

it("is read back exactly by node --env-file, whatever it takes at all", () => {
  const values = ["", " ", " a", "a#b", "a #b", "it's", 'say "x"', `it's "x"`, "a\\b", "$A", "`", "~", "a=b"];
  const env = Object.fromEntries(
    [...values, ...randomTexts(2000, { longest: 6 })].filter(accepted).map((value, i) => [`V_${i}`, value]),
  );
  expect(Object.keys(env).length).toBeGreaterThan(1000);
  expect(readByNode(dotenv(env))).toMatchObject(env);
});

// Each was read back by node 20.20, compose-go 2.16.2 and python-dotenv 1.2.4.
test.each([
  ["tls://localhost:4222", "A=tls://localhost:4222"],
  ["", "A=''"],
  ["a b", "A='a b'"],
  ["$HOME", "A='$HOME'"],
  ["a\\b", "A='a\\b'"],
  ['a"b # c', `A='a"b # c'`],
  ["it's # it", `A="it's # it"`],
  [`it's "it"`, `A=it's "it"`],
  ["a\\\\b", "A=a\\\\b"],
])("%j is written so that all three readers agree", (value, line) => {
  expect(dotenv({ A: value })).toBe(`${line}\n`);
});

test.each(["a'b\"c$d`e\\f !", `$\{HOME}`, "'\"#", "a\nb", "a\rb", "it's $5", "\\\\ "])(
  "%j is refused without being quoted: no quoting suits all three",
  (value) => {
    expect(accepted(value)).toBe(false);
    expect(() => dotenv({ NATS_PASSWORD: value })).toThrow(SandboxError);
    try {
      dotenv({ NATS_PASSWORD: value });
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain(JSON.stringify(value).slice(1, -1));
      expect(error).toMatchObject({ message: expect.stringContaining("NATS_PASSWORD") });
    }
  },
);
