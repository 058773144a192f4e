import { describe, expect, it, test } from "vitest";
import type { GroupName, Mode } from "./model.ts";
import { MODES } from "./modes/all.gen.ts";
import { selectInOrder, selectMode, selectModes } from "./select.ts";

function mode(name: string, groups: readonly GroupName[], aliases?: readonly string[]): Mode {
  const base = { name, title: name, why: "", groups, servers: {}, clients: { app: {} }, checks: {} };
  return aliases === undefined ? base : { ...base, aliases };
}

const SOME = [
  mode("open", ["core"]),
  mode("password", ["core", "authentication"], ["pass", "login"]),
  mode("nkey", ["authentication"]),
  mode("mutual", ["core", "encryption"], ["mtls"]),
  mode("broken", ["faults"]),
];

function names(wanted: readonly string[]): readonly string[] {
  return selectModes(wanted, SOME).map(({ name }) => name);
}

describe("modes are selected", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["by name", ["nkey"], ["nkey"]],
    ["by alias", ["mtls"], ["mutual"]],
    ["by any of several aliases", ["login"], ["password"]],
    ["by group", ["authentication"], ["password", "nkey"]],
    ["as `core` when nothing is named", [], ["open", "password", "mutual"]],
    ["as all but the faults", ["all"], ["open", "password", "nkey", "mutual"]],
    ["as faults when asked for", ["faults"], ["broken"]],
    ["as faults beside all", ["all", "faults"], ["open", "password", "nkey", "mutual", "broken"]],
    ["in the order of the registry", ["mutual", "nkey", "open"], ["open", "nkey", "mutual"]],
    [
      "once, however often they are named",
      ["mtls", "mutual", "encryption", "core"],
      ["open", "password", "mutual"],
    ],
  ])("%s", (_, wanted, expected) => {
    expect(names(wanted)).toEqual(expected);
  });

  test.each<[readonly string[], readonly string[]]>([
    [
      ["mtls", "nkey", "open"],
      ["mutual", "nkey", "open"],
    ],
    [
      ["core", "nkey"],
      ["open", "password", "mutual", "nkey"],
    ],
    [
      ["nkey", "core"],
      ["nkey", "open", "password", "mutual"],
    ],
    [
      ["login", "authentication", "core", "password"],
      ["password", "nkey", "open", "mutual"],
    ],
  ])("in the order of the names, a group in its place: %j", (wanted, expected) => {
    expect(selectInOrder(wanted, SOME).map(({ name }) => name)).toEqual(expected);
  });

  it("one by name or alias, and not by group", () => {
    expect(selectMode("mutual", SOME).name).toBe("mutual");
    expect(selectMode("mtls", SOME).name).toBe("mutual");
    for (const group of ["core", "all"])
      expect(() => selectMode(group, SOME)).toThrow(
        expect.objectContaining({
          code: "unknown-mode",
          message: `${group} is not one mode but a group`,
          detail: expect.stringContaining("mutual"),
        }),
      );
  });
});

describe("a name that is none", () => {
  const error = (...wanted: string[]) => {
    try {
      names(wanted);
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  };

  it("is the user's mistake, and names what was meant", () => {
    expect(error("open", "pasword")).toMatchObject({
      code: "unknown-mode",
      status: 2,
      message: 'there is no mode or group "pasword"',
      detail: "did you mean password?",
      fix: expect.stringContaining("nats-sandbox modes"),
    });
    expect(error("mtsl")).toMatchObject({ detail: "did you mean mtls?" });
    expect(error("autentication")).toMatchObject({ detail: "did you mean authentication?" });
    expect(error("al")).toMatchObject({ detail: "did you mean all?" });
  });

  it("lists all there is when nothing is near", () => {
    const { detail } = error("something-else-entirely") as { detail: string };
    for (const known of [
      "open",
      "password",
      "login",
      "mtls",
      "broken",
      "core",
      "encryption",
      "faults",
      "all",
    ])
      expect(detail).toContain(known);
  });

  it("is quoted, so that it cannot be mistaken for our words", () => {
    expect(error('x"\n\u001b[31m')).toMatchObject({
      message: String.raw`there is no mode or group "x\"\n\u001b[31m"`,
    });
  });

  it("is an empty one too, and one in another case", () => {
    expect(error("")).toMatchObject({ code: "unknown-mode" });
    expect(error("OPEN")).toMatchObject({ code: "unknown-mode" });
  });
});

test("no group has the name of a mode or of an alias, and none of them is called all", () => {
  const own = MODES.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  const groups = new Set<string>(MODES.flatMap((one) => one.groups));
  expect(new Set(own).size).toBe(own.length);
  expect(own.filter((name) => groups.has(name) || name === "all")).toEqual([]);
  expect(selectModes([]).map(({ name }) => name)).toEqual(
    MODES.filter(({ groups: its }) => its.includes("core")).map(({ name }) => name),
  );
});
