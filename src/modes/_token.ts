/** What is checked wherever a token gets in: shared by token and its bcrypt twin. */
import type { Check, Finding } from "../model.ts";
import { everyMode, nothingBeforeConnect } from "./_every.ts";

const wrong = { token: "$wrong.token" } as const;

export const tokenSecrets = { wrong: { kind: "token" } } as const;

export const tokenClients = {
  app: { login: { token: "$app.token" } },
  reserved: { login: { token: "$reserved.token" }, server: "reserved" },
} as const;

export const tokenChecks = {
  ...everyMode({ auth_required: true }),
  right: { title: "the right token", as: "app", expect: "ok" },
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
    title: "a wrong token on the server with reserved characters",
    as: "reserved",
    but: { loginIn: "url", login: wrong },
    control: "url-reserved",
    expect: "login",
  },
  wrong: { title: "a wrong token", as: "app", but: { login: wrong }, expect: "login" },
  "url-wrong": {
    title: "a wrong token in the URL",
    as: "app",
    but: { login: wrong, loginIn: "url" },
    control: "url",
    expect: "login",
  },
  "url-wrong-natscli": {
    title: "a wrong token in the URL, by the nats CLI",
    as: "app",
    but: { login: wrong, loginIn: "url" },
    driver: "natscli",
    control: "url-natscli",
    expect: "login",
  },
  empty: { title: "an empty token", as: "app", but: { login: { token: "" } }, expect: "login" },
  nothing: { title: "no login at all", as: "app", but: { login: null }, expect: "login" },
  "other-case": {
    title: "the token in the other case",
    as: "app",
    but: { login: { token: "$app.token:swapcase" } },
    expect: "login",
  },
  "as-user": {
    title: "the right token as the user name",
    as: "app",
    but: { login: { user: "$app.token" } },
    expect: "login",
    note: "nats-server 2.15 logs that user name, and so the token, in clear; here it is masked.",
  },
  "as-password": {
    title: "the right token as the password",
    as: "app",
    but: { login: { password: "$app.token" } },
    expect: "login",
  },
  ...nothingBeforeConnect,
  "second-connect": {
    title: "a second CONNECT with the right token",
    as: "app",
    step: { op: "second-connect" },
    expect: "ok",
  },
  "second-connect-wrong": {
    title: "a second CONNECT with a wrong token",
    as: "app",
    but: { login: wrong },
    step: { op: "second-connect" },
    control: "second-connect",
    expect: "login",
  },
  "nats-js": { title: "nats.js with the right token", as: "app", driver: "nats.js", expect: "ok" },
  "nats-js-wrong": {
    title: "nats.js with a wrong token",
    as: "app",
    but: { login: wrong },
    driver: "nats.js",
    expect: "login",
  },
} as const satisfies Record<string, Check<"app" | "reserved", never, "app" | "reserved" | "wrong">>;

export const tokenHashChecks = {
  "hash-as-token": {
    title: "the bcrypt hash as the token",
    as: "app",
    but: { login: { token: "$app.hash" } },
    expect: "login",
  },
  "only-hashes": {
    title: "the server's files hold the hash alone",
    as: "app",
    step: { op: "only-hashes" },
    expect: "ok",
  },
} as const satisfies Record<string, Check<"app", never, "app">>;

export const tokenFindings = {
  "url-nats-js": {
    title: "a token in the URL",
    as: "app",
    driver: "nats.js",
    but: { loginIn: "url" },
    means: { login: "takes no token from a URL: pass it as an option", ok: "takes a token from a URL" },
  },
} as const satisfies Record<string, Finding<"app">>;
