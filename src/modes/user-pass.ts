/** user-pass: one user and a password, in clear in the server's config. */
import { defineMode } from "../model.ts";
import { passwordChecks, passwordClients, passwordSecrets } from "./_password.ts";

const stripped = {
  ok: "sends the password in plaintext to a server without TLS",
  "tls-not-offered": "refuses a server without TLS, and sends nothing",
} as const;

export default defineMode({
  name: "user-pass",
  title: "User and password",
  why: "One user gets in with a password; everyone else, and everything before the login, is turned away.",
  groups: ["core"],
  servers: {
    server: { template: "user.conf", params: { user: "$app.user", password: "$app.password" } },
    reserved: {
      template: "user.conf",
      params: { user: "$reserved.user", password: "$reserved.password" },
      during: "check",
    },
  },
  secrets: {
    app: { kind: "password", user: "app" },
    reserved: { kind: "password", user: "a:p/p", alphabet: "reserved" },
    ...passwordSecrets,
  },
  clients: passwordClients,
  checks: {
    ...passwordChecks,
    tls: { title: "a client told tls://", as: "app", but: { tls: "demand" }, expect: "tls-not-offered" },
    "nats-js-tls": {
      title: "nats.js with a tls option",
      as: "app",
      but: { tls: "demand-by-option" },
      driver: "nats.js",
      expect: "tls-not-offered",
    },
  },
  findings: {
    "url-nats-js": {
      title: "user and password in the URL",
      as: "app",
      driver: "nats.js",
      but: { loginIn: "url" },
      means: {
        login: "takes no login from a URL: pass user and pass as options",
        ok: "takes a login from a URL",
      },
    },
    "tls-url-wire": {
      title: "told tls://",
      as: "app",
      driver: "wire",
      but: { tls: "demand" },
      means: stripped,
    },
    "tls-url-nats-js": {
      title: "told tls://",
      as: "app",
      driver: "nats.js",
      but: { tls: "demand" },
      means: { ...stripped, ok: `${stripped.ok}; any tls option cures it` },
    },
    "tls-url-natscli": {
      title: "told tls://",
      as: "app",
      driver: "natscli",
      but: { tls: "demand" },
      means: stripped,
    },
  },
});
