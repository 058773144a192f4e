/** token-bcrypt: token whose config holds only the bcrypt hash of the token. */
import { defineMode } from "../model.ts";
import { tokenChecks, tokenClients, tokenHashChecks, tokenSecrets } from "./_token.ts";

export default defineMode({
  name: "token-bcrypt",
  title: "Token, hashed",
  why: "The same token, but whoever reads the server's config finds a bcrypt hash that opens nothing.",
  groups: ["core"],
  servers: {
    server: { template: "token.conf", params: { token: "$app.hash" } },
    reserved: { template: "token.conf", params: { token: "$reserved.hash" }, during: "check" },
  },
  secrets: {
    app: { kind: "token", hash: "bcrypt" },
    reserved: { kind: "token", hash: "bcrypt", alphabet: "reserved" },
    ...tokenSecrets,
  },
  clients: tokenClients,
  checks: { ...tokenChecks, ...tokenHashChecks },
});
