import { compare } from "bcryptjs";
import { describe, expect, it, test } from "vitest";
import { SandboxError } from "./errors.ts";
import { quote } from "./render.ts";
import {
  bcryptHash,
  checkSecret,
  createRedactor,
  makeSecrets,
  randomText,
  type Secrets,
  strictPercentEncode,
  swapCase,
} from "./secrets.ts";
import { randomTexts } from "./testing/random-texts.ts";

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

test("swapCase changes every letter, and only letters", () => {
  expect(swapCase("aB1-éÄ")).toBe("Ab1-Éä");
});

describe("the redactor", () => {
  const NASTY = `p@s:/w?"o'r\\d %{$x}[^a-z]+(é|b)*.`;
  const only = (value: string): Secrets => ({ one: { user: "app", password: value } });

  test.each<[string, (value: string) => string]>([
    ["as it is", (value) => value],
    ["percent-encoded strictly", strictPercentEncode],
    ["percent-encoded as a URI component", encodeURIComponent],
    ["percent-encoded as a URI", encodeURI],
    ["in JSON", (value) => JSON.stringify(value).slice(1, -1)],
    ["in double quotes", (value) => value.replace(/["\\]/g, "\\$&")],
    ["in single quotes", (value) => value.replace(/['\\]/g, "\\$&")],
    [
      "percent-encoded in small letters",
      (value) => strictPercentEncode(value).replace(/%../g, (c) => c.toLowerCase()),
    ],
    [
      "percent-encoded by Go, as a URL's userinfo",
      (value) => value.replace(/[^\w.~$&+,;=-]/g, strictPercentEncode),
    ],
    [
      "percent-encoded by Node, as a URL's userinfo",
      (value) => Object.assign(new URL("nats://h"), { password: value }).password,
    ],
    ["as a form value", (value) => new URLSearchParams({ value }).toString().slice("value=".length)],
    [
      "in JSON by Go",
      (value) =>
        JSON.stringify(value)
          .slice(1, -1)
          .replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
    ],
    ["in a config of ours", (value) => quote(value).slice(1, -1)],
    ["in a shell file of ours", (value) => value.replaceAll("'", `'\\''`)],
    ["in base64", (value) => Buffer.from(value).toString("base64")],
    ["in the other case", swapCase],
  ])("takes out a secret %s, every time and nothing around it", (_, form) => {
    for (const value of [NASTY, 'tab\t"quote"', randomText("alphanumeric"), randomText("reserved")]) {
      const text = `before ${form(value)} between "${form(value)}" after`;
      expect(createRedactor(only(value))(text)).toBe('before [secret] between "[secret]" after');
    }
  });

  it("takes out passwords, tokens and hashes, and leaves user names", async () => {
    const secrets = await makeSecrets({
      app: { kind: "password", user: "app", hash: "bcrypt" },
      token: { kind: "token" },
    });
    const { app, token } = secrets;
    const text = `${app?.user} ${app?.password} ${app?.hash} ${token?.token}`;
    expect(createRedactor(secrets)(text)).toBe("app [secret] [secret] [secret]");
  });

  it("takes out the whole of a secret that contains another", () => {
    const redact = createRedactor({ short: { token: "hush" }, long: { token: "hush-hush-hush" } });
    expect(redact("a hush-hush-hush b hush c")).toBe("a [secret] b [secret] c");
  });

  it("leaves neither of two secrets that overlap", () => {
    const redact = createRedactor({ one: { token: "abcdefgh" }, two: { token: "efghijkl" } });
    for (const text of ["abcdefghijkl", "efghijklabcdefgh", "abcdabcdefghijkl"]) {
      expect(redact(text)).not.toMatch(/abcdefgh|efghijkl/);
      expect(redact(text)).toContain("[secret]");
    }
  });

  it("leaves every other text alone", () => {
    const text = "[ERR] 127.0.0.1:1 - cid:7 - authentication error";
    expect(createRedactor(only(NASTY))(text)).toBe(text);
    expect(createRedactor({ one: { token: "hush.hush" } })("hush-hush")).toBe("hush-hush");
    expect(createRedactor({})(text)).toBe(text);
    expect(createRedactor({ one: { user: "app", password: "", token: "" } })(text)).toBe(text);
  });

  it("never lets a secret through, whatever its characters and its neighbours", () => {
    for (let round = 0; round < 100; round += 1) {
      const values = randomTexts(4, { shortest: 6 });
      const secrets = Object.fromEntries(values.map((value, i) => [`s${i}`, { password: value }]));
      const redact = createRedactor(secrets);
      const noise = randomTexts(8, { longest: 12 });
      const text = values.map((value, i) => `${noise[i]}${value}${value}${noise[i + 4]}`).join("");
      const shown = redact(text);
      for (const value of values) expect(shown, JSON.stringify(values)).not.toContain(value);
      const forms = values.flatMap((value) => [
        strictPercentEncode(value),
        JSON.stringify(value).slice(1, -1),
      ]);
      for (const form of forms) expect(redact(`<${form}>`), JSON.stringify(values)).toBe("<[secret]>");
    }
  });
});
