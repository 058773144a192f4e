/** What the command line says of itself, and how little it loads for that. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { MAIN, openRoom, type Room } from "../testing/cli-room.ts";
import { loadedBy } from "../testing/loaded-modules.ts";

let room: Room;
beforeAll(async () => {
  room = await openRoom("help");
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

/** These at least; a new one is found by itself. */
const KNOWN =
  "up exec check down status logs restart env connect certs config modes init passwd server doctor completion"
    .split(" ")
    .concat("certs list", "certs renew", "certs inspect", "certs export")
    .concat("server path", "server fetch", "server list");

function helpOf(words: readonly string[]): string {
  return execFileSync(process.execPath, [MAIN, ...words, "--help"], { encoding: "utf8" });
}

/** The lines under "Commands:", one a command; what goes on in the next one is indented further. */
function rowsIn(help: string): readonly string[] {
  const [, list = ""] = help.split("\nCommands:\n");
  return (list.split("\n\n")[0] ?? "").split("\n").filter((line) => line !== "");
}

/** Every command below one, whatever it is called; `group` has more below it. */
function commandsBelow(
  words: readonly string[],
): readonly { readonly name: string; readonly group: boolean }[] {
  const rows = rowsIn(helpOf(words)).filter((line) => /^ {2}\S/.test(line));
  return rows.flatMap((row) => {
    const at = [...words, row.trim().split(" ")[0] ?? ""];
    const below = commandsBelow(at);
    return [{ name: at.join(" "), group: below.length > 0 }, ...below];
  });
}

const FOUND = commandsBelow([]);
const COMMANDS = FOUND.map(({ name }) => name);
const GROUPS = FOUND.filter(({ group }) => group).map(({ name }) => name);

describe.concurrent("--help", () => {
  it("leads to every command, and to none that is internal", () => {
    expect(COMMANDS).toEqual(expect.arrayContaining(KNOWN));
    expect(COMMANDS).not.toContain("keep");
  });

  it("has one example", async () => {
    const { status, stdout, stderr } = await room.run(["--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.match(/^Example:\n {2}npx nats-sandbox /gm)).toHaveLength(1);
  });

  it.each(COMMANDS)("of %s has one example that is that command", async (name) => {
    const { status, stdout, stderr } = await room.run([...name.split(" "), "--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(`Usage: nats-sandbox ${name}`);
    const examples = [...stdout.matchAll(/^Example:\n {2}(nats-sandbox .*?)(?: {2,}(\S.*))?$/gm)];
    expect(examples).toHaveLength(1);
    const [, example = "", comment] = examples[0] ?? [];
    expect(example).toMatch(new RegExp(`^nats-sandbox ${name}\\b`));
    expect(comment).toMatch(/^\S/);
    for (const [option] of example.split(" -- ")[0]?.matchAll(/(?<= )-{1,2}[a-z]+/g) ?? [])
      expect(stdout).toMatch(new RegExp(`^ +(?:-\\w, )?${option}\\b`, "m"));
    expect(stdout).toContain("Global Options:");
  });

  it.each(["", ...GROUPS])("of %j says in one line what each command below it does", (name) => {
    const rows = rowsIn(helpOf(name.split(" ").filter(Boolean)));
    expect(rows.length).toBeGreaterThan(1);
    for (const row of rows) expect(row).toMatch(/^ {2}[a-z]+.* {2,}\S.*[^.]$/);
  });

  it("fits a terminal of 100 columns", async () => {
    const texts = await Promise.all(
      ["", ...COMMANDS].map((name) => room.run([...name.split(" ").filter(Boolean), "--help"])),
    );
    const long = texts.flatMap(({ stdout }) => stdout.split("\n")).filter((line) => line.length > 100);
    expect(long).toEqual([]);
  });
});

it("is told by the bare command too, on stderr, as wrong use", async () => {
  const { status, stdout, stderr } = await room.run([]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain("Usage: nats-sandbox");
});

describe.concurrent("nothing but the argument parser is loaded", () => {
  test.each([["--help"], ["--version"], ["up --help"]])("for %s", async (args) => {
    const loaded = await loadedBy(room, args.split(" "));
    const outside = loaded.filter(
      (url) =>
        !url.startsWith("node:") &&
        !url.startsWith("data:") &&
        !url.startsWith("node_modules/commander/") &&
        !url.startsWith("dist/cli/commands/") &&
        ![
          "dist/cli/main.js",
          "dist/cli/program.js",
          "dist/cli/streams.js",
          "dist/errors.js",
          "dist/option-words.js",
        ].includes(url),
    );
    expect(outside).toEqual([]);
    expect(loaded).toContain("dist/cli/main.js"); // or the recorder saw nothing
  });

  test("while a command loads what it needs", async () => {
    expect(await loadedBy(room, ["modes"])).toContain("dist/modes/all.gen.js");
  });
});

it("--version prints the version of package.json alone", async () => {
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  const { status, stdout, stderr } = await room.run(["--version"]);
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
});
