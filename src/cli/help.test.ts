/** What the command line says of itself, and how little it loads for that. */
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { openRoom, type Room } from "../testing/cli-room.ts";
import { loadedBy } from "../testing/loaded-modules.ts";

let room: Room;
beforeAll(async () => {
  room = await openRoom("help");
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

const COMMANDS = [
  "up",
  "check",
  "down",
  "status",
  "logs",
  "restart",
  "modes",
  "env",
  "connect",
  "certs list",
  "certs inspect",
  "certs export",
  "init",
  "config",
  "passwd",
  "doctor",
  "completion",
  "server path",
  "server fetch",
  "server list",
];

describe.concurrent("--help", () => {
  it("names every command", async () => {
    const { status, stdout, stderr } = await room.run(["--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const command of new Set(COMMANDS.map((name) => name.split(" ")[0])))
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b.* {2,}\\w+`, "m"));
    expect(stdout.match(/^Example:\n {2}npx nats-sandbox /gm)).toHaveLength(1);
  });

  it.each(COMMANDS)("of %s has one example that is that command", async (name) => {
    const { status, stdout, stderr } = await room.run([...name.split(" "), "--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(`Usage: nats-sandbox ${name}`);
    expect(stdout.match(new RegExp(`^Example:\n  nats-sandbox ${name}\\b`, "gm"))).toHaveLength(1);
    expect(stdout).toContain("Global Options:");
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
        !["dist/cli/main.js", "dist/cli/program.js", "dist/errors.js"].includes(url),
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
