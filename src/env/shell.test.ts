import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { CLEARED_NAMES, type Environment } from "../env.ts";
import { randomTexts } from "../testing/random-texts.ts";
import { fish, posixShell, powershell, shellFile } from "./shell.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "shell-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const NASTY = [
  "a'b\"c$d`e\\f !",
  "'",
  "''",
  "a'b'",
  "$HOME",
  `$\{HOME}`,
  "`id`",
  "$(id)",
  '"',
  "\\",
  "\\'",
  "\\\\",
  "a b  c",
  " a ",
  "#",
  "!",
  "!!",
  "~",
  "%41",
  "*",
  "-n",
  "=",
  "a\nb\n",
  "‘a’ ‚b‛",
];

/** Each shell, how it reads a file of commands, and what it takes them as. */
const SHELLS = [
  { name: "sh", args: ["-eu"], source: (file: string) => `. '${file}'`, format: posixShell },
  { name: "bash", args: ["-eu"], source: (file: string) => `. '${file}'`, format: posixShell },
  { name: "bash", args: ["-eu"], source: (file: string) => `eval "$(cat '${file}')"`, format: posixShell },
  { name: "dash", args: ["-eu"], source: (file: string) => `eval "$(cat '${file}')"`, format: posixShell },
  { name: "zsh", args: ["-eu"], source: (file: string) => `eval "$(cat '${file}')"`, format: posixShell },
  { name: "fish", args: [], source: (file: string) => `cat '${file}' | source`, format: fish },
  {
    name: "pwsh",
    args: ["-NoProfile"],
    source: (file: string) => `Get-Content -Raw '${file}' | Invoke-Expression`,
    format: powershell,
  },
];

describe.each(SHELLS)("$name", ({ name, args, source, format }) => {
  const missing = spawnSync(name, ["-c", "exit"]).error !== undefined;

  /** What a program sees that the shell starts after reading the commands. */
  function loaded(env: Environment, inherited: Environment = {}): Environment {
    const file = join(dir, "commands");
    writeFileSync(file, format(env));
    const show = join(dir, "show.mjs");
    writeFileSync(show, "process.stdout.write(JSON.stringify(process.env));");
    const call = name === "pwsh" ? "& " : "";
    const text = execFileSync(
      name,
      [...args, "-c", `${source(file)}; ${call}'${process.execPath}' '${show}'`],
      {
        env: { PATH: process.env.PATH, HOME: dir, ...inherited },
        stdio: ["ignore", "pipe", "inherit"], // a socket makes bash read its start-up files
        encoding: "utf8",
      },
    );
    return JSON.parse(text);
  }

  it.skipIf(missing)("gives a program the values as they are, whatever is in them", () => {
    const values = [...NASTY, ...randomTexts(300)];
    const env = Object.fromEntries(values.map((value, i) => [`NATS_${i}`, value]));
    expect(loaded(env)).toMatchObject(env);
  });

  it.skipIf(missing)("sets what is empty, and unsets what is stale, set or not", () => {
    const stale = Object.fromEntries(CLEARED_NAMES.map((one) => [one, "stale"]));
    const env = { NATS_URL: "nats://localhost:1", ...(name === "pwsh" ? {} : { NATS_PASSWORD: "" }) };
    const seen = loaded(env, { ...stale, NATS_OTHER: "stays" });
    const ours = Object.entries(seen).filter(([one]) => one.startsWith("NATS_"));
    expect(Object.fromEntries(ours)).toEqual({ ...env, NATS_OTHER: "stays" });
    expect(loaded(env)).toMatchObject(env);
  });
});

test("fish escapes the backslash and the quote, in single quotes", () => {
  expect(fish({ NATS_USER: "a'b\"c$d`e\\f !" })).toMatch(
    /^set -eg NATS_URL NATS_PASSWORD .*\nset -gx NATS_USER 'a\\'b"c\$d`e\\\\f !'\n$/,
  );
});

test("PowerShell doubles every character that it takes for a single quote", () => {
  expect(powershell({ NATS_USER: "a'b\"c$d`e\\f ’‘‚‛" })).toMatch(
    /^Remove-Item -ErrorAction Ignore Env:NATS_URL, Env:.*\n\$env:NATS_USER = 'a''b"c\$d`e\\f ’’‘‘‚‚‛‛'\n$/,
  );
});

test("the file says how it is loaded", () => {
  expect(shellFile({ A: "1" })).toMatch(/^# .*Load with: \. FILE\nunset NATS_URL .*\nexport A='1'\n$/);
});
