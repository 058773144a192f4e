/** token: one shared token, in clear in the server's config. */
import { defineMode } from "../model.ts";
import { tokenChecks, tokenClients, tokenFindings, tokenSecrets } from "./_token.ts";

export default defineMode({
  name: "token",
  title: "Token",
  why: "Whoever has the token gets in; everyone else, and everything before the login, is turned away.",
  groups: ["core"],
  servers: {
    server: { template: "token.conf", params: { token: "$app.token" } },
    reserved: { template: "token.conf", params: { token: "$reserved.token" }, during: "check" },
  },
  secrets: { app: { kind: "token" }, reserved: { kind: "token", alphabet: "reserved" }, ...tokenSecrets },
  clients: tokenClients,
  checks: tokenChecks,
  findings: tokenFindings,
});
