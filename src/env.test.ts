import { expect, it, test } from "vitest";
import {
  CLEARED_NAMES,
  environmentOf,
  environmentOfModes,
  namesToUnset,
  withLogin,
  withoutLogin,
} from "./env.ts";
import type { Connection } from "./model.ts";
import { randomTexts } from "./testing/random-texts.ts";
import { parseUrl } from "./wire/url.ts";

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
  ["a context file", {}, { context: "/d/context.json" }, { NATS_CONTEXT: "/d/context.json" }],
])("the environment of a client with %s names that, and nothing else", (_, more, files, expected) => {
  const env = environmentOf({ ...PLAIN, ...more }, files);
  expect(env).toEqual({ NATS_URL: PLAIN.url, ...expected });
  expect(Object.values(env).join()).not.toContain("PEM");
});

test("the URL carries the login when it is asked to, percent-encoded, and its own variables stay", () => {
  const login = { user: "a:b", password: "c@/%" };
  expect(environmentOf({ ...PLAIN, login }, {}, { loginInUrl: true })).toEqual({
    NATS_URL: "nats://a%3Ab:c%40%2F%25@localhost:4222",
    NATS_USER: "a:b",
    NATS_PASSWORD: "c@/%",
  });
  expect(environmentOf({ ...PLAIN, login: { token: "t/" } }, {}, { loginInUrl: true }).NATS_URL).toBe(
    "nats://t%2F@localhost:4222",
  );
  expect(environmentOf(PLAIN, {}, { loginInUrl: true })).toEqual({ NATS_URL: PLAIN.url });
});

test("whatever is in a login, the URL gives it back", () => {
  for (const text of ["$&", "$'", ...randomTexts(300)]) {
    const connection = { ...PLAIN, login: { user: text, password: text } };
    expect(parseUrl(withLogin(connection)).login).toEqual(connection.login);
    expect(withoutLogin(withLogin(connection))).toBe(PLAIN.url);
  }
});

test("of several modes the first has the plain names, and each its own", () => {
  const env = environmentOfModes([
    { mode: "tls-verify", connection: { ...PLAIN, url: "tls://localhost:1" }, files: { ca: "/ca" } },
    { mode: "token", connection: { ...PLAIN, login: { token: "t" } }, files: {} },
  ]);
  expect(env).toEqual({
    NATS_URL: "tls://localhost:1",
    NATS_CA: "/ca",
    NATS_SANDBOX_TLS_VERIFY_URL: "tls://localhost:1",
    NATS_SANDBOX_TLS_VERIFY_CA: "/ca",
    NATS_SANDBOX_TOKEN_URL: PLAIN.url,
    NATS_SANDBOX_TOKEN_TOKEN: "t",
  });
  expect(environmentOfModes([])).toEqual({});
});

it("tells what is to be unset: every name that a client might read and this one does not have", () => {
  const env = environmentOf(PLAIN, { ca: "/ca" });
  expect(namesToUnset(env)).toEqual(CLEARED_NAMES.filter((name) => !["NATS_URL", "NATS_CA"].includes(name)));
  expect(namesToUnset(env)).toEqual(expect.arrayContaining(["NATS_CERT", "NATS_CONTEXT", "NATS_CREDS"]));
});
