import { compare } from "bcryptjs";
import { describe, expect, it, test } from "vitest";
import { SandboxError } from "./errors.ts";
import type { Login, SecretRecipe } from "./model.ts";
import {
  bcryptHash,
  checkSecret,
  makeSecrets,
  randomText,
  strictPercentEncode,
  swapCase,
  userinfo,
} from "./secrets.ts";
import { randomTexts } from "./testing/random-texts.ts";
import { parseUrl } from "./wire/url.ts";

describe("random texts", () => {
  const many = Array.from({ length: 300 }, () => randomText("alphanumeric"));

  it("are 24 letters and digits, the first a letter, and never twice the same", () => {
    for (const text of many) expect(text).toMatch(/^[A-Za-z][A-Za-z0-9]{23}$/);
    expect(new Set(many).size).toBe(many.length);
  });

  it("use the whole alphabet, at every place", () => {
    expect(new Set(many.join("")).size).toBe(62);
    for (const place of [1, 12, 23])
      expect(new Set(many.map((text) => text[place])).size).toBeGreaterThan(40);
    expect(new Set(many.map((text) => text[0])).size).toBeGreaterThan(40);
  });

  it("hold every reserved character once among the 24 when asked for", () => {
    // RFC 3986 §2.2 gen-delims and sub-delims, the percent sign, and what configs quote.
    const reserved = [..."!#$&'()*+,/:;=?@[]%\"\\{} "];
    for (const text of Array.from({ length: 50 }, () => randomText("reserved"))) {
      expect(text).toMatch(/^[A-Za-z]/);
      expect([...text].filter((char) => !/[A-Za-z0-9]/.test(char)).sort()).toEqual(reserved.toSorted());
      expect(text).toHaveLength(24 + reserved.length);
    }
  });
});

describe("makeSecrets", () => {
  it("gives each recipe its own fresh value", async () => {
    const recipes = {
      login: { kind: "password", user: "app" },
      other: { kind: "password", user: "app" },
      token: { kind: "token", alphabet: "reserved" },
    } as const;
    const [one, two] = await Promise.all([makeSecrets(recipes), makeSecrets(recipes)]);
    expect(one).toEqual({
      login: { user: "app", password: expect.stringMatching(/^\w{24}$/) },
      other: { user: "app", password: expect.stringMatching(/^\w{24}$/) },
      token: { token: expect.stringContaining("@") },
    });
    const values = [one, two].flatMap(({ login, other, token }) => [
      login?.password,
      other?.password,
      token?.token,
    ]);
    expect(new Set(values).size).toBe(6);
  });

  it("hashes a password or token when asked to, and keeps the clear value beside it", async () => {
    const secrets = await makeSecrets({
      app: { kind: "password", user: "app", hash: "bcrypt" },
      token: { kind: "token", hash: "bcrypt", alphabet: "reserved" },
    });
    expect(await compare(secrets.app?.password ?? "", secrets.app?.hash ?? "")).toBe(true);
    expect(await compare(secrets.token?.token ?? "", secrets.token?.hash ?? "")).toBe(true);
    expect(await compare(secrets.token?.token ?? "", secrets.app?.hash ?? "")).toBe(false);
  });

  it("takes a given value as it is", async () => {
    const made = await makeSecrets({
      app: { kind: "password", user: "app", value: "hush", hash: "bcrypt" },
      token: { kind: "token", value: "hush 2" },
    });
    expect(made).toEqual({
      app: { user: "app", password: "hush", hash: expect.stringMatching(/^\$2a\$/) },
      token: { token: "hush 2" },
    });
  });

  test.each<[string, SecretRecipe, RegExp]>([
    ["an empty password", { kind: "password", user: "app", value: "" }, /^the password of app is empty$/],
    ["an empty token", { kind: "token", value: "" }, /^the token is empty$/],
    ["an empty token to hash", { kind: "token", value: "", hash: "bcrypt" }, /^the token is empty$/],
    ["an empty user name", { kind: "password", user: "" }, /^the name of a user is empty$/],
    ["a line break", { kind: "token", value: "hush\nhush" }, /^the token contains/],
    ["73 bytes to hash", { kind: "token", value: "x".repeat(73), hash: "bcrypt" }, /^the token is 73 bytes/],
  ])("refuses %s: it would not guard the server", async (_, recipe, message) => {
    await expect(makeSecrets({ one: recipe })).rejects.toMatchObject({
      code: "invalid-secret",
      message: expect.stringMatching(message),
    });
  });

  it("takes 73 bytes that are not hashed", async () => {
    const value = "x".repeat(73);
    expect(await makeSecrets({ one: { kind: "token", value } })).toEqual({ one: { token: value } });
  });

  it("makes nothing of no recipes", async () => {
    expect(await makeSecrets()).toEqual({});
  });
});

describe("bcryptHash", () => {
  it("has the prefix that servers before 2.2.0 know, and verifies that value alone", async () => {
    const hash = await bcryptHash("pässword 1");
    expect(hash).toMatch(/^\$2a\$04\$.{53}$/);
    expect(await compare("pässword 1", hash)).toBe(true);
    for (const wrong of ["pässword 2", "Pässword 1", "pässword 1 ", "passwort 1", "", hash])
      expect(await compare(wrong, hash)).toBe(false);
  });

  it("has the cost it is asked for", async () => {
    expect(await bcryptHash("same", 6)).toMatch(/^\$2a\$06\$/);
  });

  it("is salted", async () => {
    expect(await bcryptHash("same")).not.toBe(await bcryptHash("same"));
  });

  it("refuses what bcrypt would cut off", async () => {
    await expect(bcryptHash("x".repeat(73))).rejects.toThrow(/73 bytes/);
  });
});

describe("checkSecret", () => {
  const caught = (value: string, bcrypt = false): SandboxError => {
    try {
      checkSecret(value, "the password of app", { bcrypt });
    } catch (error) {
      if (error instanceof SandboxError) return error;
      throw error;
    }
    throw new Error("it was taken");
  };

  test.each<[string, string, boolean, RegExp]>([
    ["an empty one", "", false, /is empty/],
    ["NUL", "hush\0hush", false, /NUL or a line break/],
    ["CR", "hush\rhush", false, /NUL or a line break/],
    ["LF", "hush\nhush", false, /NUL or a line break/],
    ["LF at the end", "hushhush\n", false, /NUL or a line break/],
    ["73 bytes for bcrypt", "hush".padEnd(73, "x"), true, /73 bytes/],
    ["37 characters of two bytes for bcrypt", "é".repeat(37), true, /74 bytes/],
    ["19 characters of four bytes for bcrypt", "😀".repeat(19), true, /76 bytes/],
    ["what servers before 2.2.0 take for a hash", "$2a$hush", false, /looks like a bcrypt hash/],
    ["what later ones take for one too", "$2b$04$hush", true, /looks like a bcrypt hash/],
  ])("refuses %s, without quoting it", (_, value, bcrypt, why) => {
    const error = caught(value, bcrypt);
    expect(error).toMatchObject({ code: "invalid-secret", status: 2 });
    expect(error.message).toMatch(/^the password of app /);
    expect(error.message).toMatch(why);
    expect(error.fix).toBeTruthy();
    const told = [error.message, error.detail, error.fix, error.stack, error.cause].join("\n");
    if (value !== "") expect(told).not.toContain(value);
    expect(told).not.toMatch(/hush|é|😀/);
  });

  test.each<[string, string, boolean]>([
    ["72 bytes for bcrypt", "x".repeat(72), true],
    ["36 characters of two bytes for bcrypt", "é".repeat(36), true],
    ["a long one without bcrypt", "x".repeat(1000), false],
    ["spaces, tabs and quotes", " \t'\"\\", true],
    ["what only begins somewhat like a hash", "$2b$hush", false],
    ["a hash in the middle", "x$2a$04$hush", true],
  ])("takes %s", (_, value, bcrypt) => {
    expect(() => checkSecret(value, "it", { bcrypt })).not.toThrow();
  });
});

describe("strictPercentEncode", () => {
  it("leaves nothing but RFC 3986 unreserved characters, and loses nothing", () => {
    for (const text of randomTexts(300)) {
      expect(strictPercentEncode(text)).toMatch(/^([A-Za-z0-9._~-]|%[0-9A-F]{2})*$/);
      expect(decodeURIComponent(strictPercentEncode(text))).toBe(text);
    }
  });
});

describe("userinfo", () => {
  test.each<[string, Login, string]>([
    ["user:password@ of a login", { user: "a:b", password: "c@d" }, "a%3Ab:c%40d@"],
    ["token@ of a token", { token: "a:b" }, "a%3Ab@"],
    ["user:@ of a user without a password: user@ is a token", { user: "app" }, "app:@"],
    ["the same of an empty password", { user: "app", password: "" }, "app:@"],
  ])("is %s, and is read back as such", (_, login, text) => {
    expect(userinfo(login)).toBe(text);
    const { user, password = user === undefined ? undefined : "", token } = login;
    expect(parseUrl(`nats://${text}localhost:1`).login).toEqual({ user, password, token });
  });
});

test("swapCase changes every letter, and only letters", () => {
  expect(swapCase("aB1-éÄ")).toBe("Ab1-Éä");
});
