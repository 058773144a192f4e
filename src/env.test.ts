import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { environmentOf, shellFile } from "./env.ts";
import type { Connection } from "./model.ts";
import { randomTexts } from "./testing/random-texts.ts";

const PLAIN: Connection = { url: "nats://localhost:4222", transport: "nats" };

test.each<[string, Partial<Connection>, object, object]>([
  ["nothing but the URL", {}, {}, {}],
  [
    "a user and password",
    { login: { user: "app", password: "p" } },
    {},
    { NATS_USER: "app", NATS_PASSWORD: "p" },
  ],
  ["a user alone", { login: { user: "app" } }, {}, { NATS_USER: "app" }],
  [
    "an empty password, which is one",
    { login: { user: "app", password: "" } },
    {},
    { NATS_USER: "app", NATS_PASSWORD: "" },
  ],
  [
    "a login in its URL",
    { url: "nats://a%3Ab:c%40@localhost:4222" },
    {},
    { NATS_USER: "a:b", NATS_PASSWORD: "c@" },
  ],
  ["a token", { login: { token: "t" } }, {}, { NATS_TOKEN: "t" }],
  ["a CA", {}, { ca: "/d/ca.pem" }, { NATS_CA: "/d/ca.pem" }],
  [
    "a certificate",
    { tls: { ca: "PEM", present: { chain: "PEM", key: "PEM" } } },
    { ca: "/d/ca.pem", cert: "/d/cert.pem", key: "/d/key.pem" },
    { NATS_CA: "/d/ca.pem", NATS_CERT: "/d/cert.pem", NATS_KEY: "/d/key.pem" },
  ],
])("the environment of a client with %s names that, and nothing else", (_, more, files, expected) => {
  const env = environmentOf({ ...PLAIN, ...more }, files);
  expect(env).toEqual({ NATS_URL: PLAIN.url, ...expected });
  expect(Object.values(env).join()).not.toContain("PEM");
});

describe("the shell file", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "env-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** What a program sees that a POSIX shell started after reading the file. */
  function loaded(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const file = join(dir, "app.env");
    writeFileSync(file, shellFile(env));
    const show = `"${process.execPath}" -e 'process.stdout.write(JSON.stringify(process.env))'`;
    const text = execFileSync("/bin/sh", ["-euc", `. "$1"; ${show}`, "sh", file], {
      env: {},
      encoding: "utf8",
    });
    return JSON.parse(text);
  }

  it("gives a program the values as they are, whatever is in them", () => {
    const nasty = [
      "'",
      "''",
      "a'b'",
      "$HOME",
      "`id`",
      "$(id)",
      '"',
      "\\",
      "\\'",
      "a b  c",
      "#",
      "!",
      "~",
      "%41",
      "*",
      "-n",
      "=",
    ];
    const values = [...nasty, ...randomTexts(300)];
    const env = Object.fromEntries(values.map((value, i) => [`NATS_${i}`, value]));
    expect(loaded(env)).toMatchObject(env);
  });

  it("sets what is empty, and says how it is loaded", () => {
    expect(loaded({ NATS_PASSWORD: "" })).toMatchObject({ NATS_PASSWORD: "" });
    expect(shellFile({ A: "1" })).toMatch(/^# .*Load with: \. FILE\nexport A='1'\n$/);
  });
});
