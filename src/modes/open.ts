/** open: the server as it starts without a line of security, to compare all others with. */
import { defineMode } from "../model.ts";
import { everyMode } from "./_every.ts";

export default defineMode({
  name: "open",
  title: "No security",
  why: "Everyone gets in, with any credentials or none: what a server without security looks like from outside.",
  groups: ["core"],
  servers: { server: { template: "open.conf" } },
  secrets: { bogus: { kind: "password", user: "bogus" } },
  clients: { app: {} },
  checks: {
    ...everyMode({}),
    nothing: { title: "nothing at all", as: "app", expect: "ok" },
    bogus: {
      title: "a user and password that nobody set",
      as: "app",
      but: { login: { user: "$bogus.user", password: "$bogus.password" } },
      expect: "ok",
      note: "A server without authorization takes any credentials: that a client gets in proves nothing by itself.",
    },
    tls: { title: "a client told tls://", as: "app", but: { tls: "demand" }, expect: "tls-not-offered" },
    "nats-js": { title: "nats.js with nothing at all", as: "app", driver: "nats.js", expect: "ok" },
    "nats-js-tls": {
      title: "nats.js with a tls option",
      as: "app",
      but: { tls: "demand-by-option" },
      driver: "nats.js",
      expect: "tls-not-offered",
    },
  },
});
