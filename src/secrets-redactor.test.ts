import { describe, expect, it, test } from "vitest";
import { quote } from "./render.ts";
import {
  createRedactor,
  makeSecrets,
  randomText,
  type Secrets,
  strictPercentEncode,
  swapCase,
} from "./secrets.ts";
import { randomTexts } from "./testing/random-texts.ts";

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
