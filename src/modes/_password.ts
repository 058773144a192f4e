/** What is checked wherever a user and a password get in: shared by user-pass and its bcrypt twin. */
import type { Check } from "../model.ts";
import { everyMode, nothingBeforeConnect } from "./_every.ts";

const right = { user: "$app.user", password: "$app.password" } as const;
const wrong = { user: "$app.user", password: "$wrong.password" } as const;

export const passwordSecrets = { wrong: { kind: "password", user: "nobody" } } as const;

export const passwordClients = {
  app: { login: right },
  reserved: { login: { user: "$reserved.user", password: "$reserved.password" }, server: "reserved" },
} as const;

export const passwordChecks = {
  ...everyMode({ auth_required: true }),
  right: { title: "the right user and password", as: "app", expect: "ok" },
  url: { title: "the same in the URL", as: "app", but: { loginIn: "url" }, expect: "ok" },
  "url-natscli": {
    title: "the same in the URL, by the nats CLI",
    as: "app",
    but: { loginIn: "url" },
    driver: "natscli",
    expect: "ok",
  },
  "url-reserved": {
    title: "reserved characters, percent-encoded in the URL",
    as: "reserved",
    but: { loginIn: "url" },
    expect: "ok",
  },
  "url-reserved-natscli": {
    title: "reserved characters, percent-encoded in the URL, by the nats CLI",
    as: "reserved",
    but: { loginIn: "url" },
    driver: "natscli",
    expect: "ok",
  },
  "url-reserved-wrong": {
    title: "a wrong password on the server with reserved characters",
    as: "reserved",
    but: { loginIn: "url", login: { user: "$reserved.user", password: "$wrong.password" } },
    control: "url-reserved",
    expect: "login",
  },
  wrong: { title: "a wrong password", as: "app", but: { login: wrong }, expect: "login" },
  "url-wrong": {
    title: "a wrong password in the URL",
    as: "app",
    but: { login: wrong, loginIn: "url" },
    control: "url",
    expect: "login",
  },
  "url-wrong-natscli": {
    title: "a wrong password in the URL, by the nats CLI",
    as: "app",
    but: { login: wrong, loginIn: "url" },
    driver: "natscli",
    control: "url-natscli",
    expect: "login",
  },
  empty: {
    title: "an empty password",
    as: "app",
    but: { login: { user: "$app.user", password: "" } },
    expect: "login",
  },
  missing: { title: "no password", as: "app", but: { login: { user: "$app.user" } }, expect: "login" },
  nothing: { title: "no login at all", as: "app", but: { login: null }, expect: "login" },
  "unknown-user": {
    title: "an unknown user with that password",
    as: "app",
    but: { login: { user: "$wrong.user", password: "$app.password" } },
    expect: "login",
  },
  "other-case": {
    title: "the user name in the other case",
    as: "app",
    but: { login: { user: "$app.user:swapcase", password: "$app.password" } },
    expect: "login",
  },
  "as-token": {
    title: "the password as a token",
    as: "app",
    but: { login: { token: "$app.password" } },
    expect: "login",
  },
  ...nothingBeforeConnect,
  "second-connect": {
    title: "a second CONNECT with the right password",
    as: "app",
    step: { op: "second-connect" },
    expect: "ok",
  },
  "second-connect-wrong": {
    title: "a second CONNECT with a wrong password",
    as: "app",
    but: { login: wrong },
    step: { op: "second-connect" },
    control: "second-connect",
    expect: "login",
  },
  "nats-js": { title: "nats.js with the right password", as: "app", driver: "nats.js", expect: "ok" },
  "nats-js-wrong": {
    title: "nats.js with a wrong password",
    as: "app",
    but: { login: wrong },
    driver: "nats.js",
    expect: "login",
  },
} as const satisfies Record<string, Check<"app" | "reserved", never, "app" | "reserved" | "wrong">>;

/** A hash must not be worth as much as the password it was made from. */
export const passwordHashChecks = {
  "hash-as-password": {
    title: "the bcrypt hash as the password",
    as: "app",
    but: { login: { user: "$app.user", password: "$app.hash" } },
    expect: "login",
  },
  "only-hashes": {
    title: "the server's files hold the hash alone",
    as: "app",
    step: { op: "only-hashes" },
    expect: "ok",
  },
} as const satisfies Record<string, Check<"app", never, "app">>;
