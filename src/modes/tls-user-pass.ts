/** tls-user-pass: TLS, and within it a user and a password. */
import { defineMode } from "../model.ts";
import { everyMode } from "./_every.ts";
import { tlsCertificates, tlsChecks } from "./_tls.ts";

const login = { user: "$app.user", password: "$app.password" } as const;
const wrong = { user: "$app.user", password: "$wrong.password" } as const;

export default defineMode({
  name: "tls-user-pass",
  title: "TLS with user and password",
  why: "The login travels inside TLS: the chain and the password must both be right.",
  groups: ["core"],
  servers: {
    server: {
      template: "tls_user.conf",
      params: { certificate: "@server.cert", key: "@server.key", ...login },
    },
    mismatched: {
      template: "tls_user.conf",
      params: { certificate: "@server.cert", key: "@spare.key", ...login },
      during: "check",
    },
  },
  certificates: tlsCertificates,
  secrets: { app: { kind: "password", user: "app" }, wrong: { kind: "password", user: "nobody" } },
  clients: { app: { trust: "ca", login } },
  checks: {
    ...everyMode({ auth_required: true, tls_required: true }),
    ...tlsChecks,
    wrong: {
      title: "the right chain and a wrong password",
      as: "app",
      but: { login: wrong },
      expect: "login",
    },
    nothing: { title: "the right chain and no login", as: "app", but: { login: null }, expect: "login" },
    "nothing-before-tls": {
      title: "nothing of the login on the wire before TLS",
      as: "app",
      step: { op: "nothing-before-tls" },
      expect: "ok",
    },
    "nats-js-nothing-before-tls": {
      title: "nats.js: nothing of the login on the wire before TLS",
      as: "app",
      driver: "nats.js",
      step: { op: "nothing-before-tls" },
      expect: "ok",
    },
    "nats-js-wrong": {
      title: "nats.js with a wrong password",
      as: "app",
      but: { login: wrong },
      driver: "nats.js",
      expect: "login",
    },
  },
});
