/** user-pass-bcrypt: user-pass whose config holds only the bcrypt hash of the password. */
import { defineMode } from "../model.ts";
import { passwordChecks, passwordClients, passwordHashChecks, passwordSecrets } from "./_password.ts";

export default defineMode({
  name: "user-pass-bcrypt",
  title: "User and password, hashed",
  why: "The same login, but whoever reads the server's config finds a bcrypt hash that opens nothing.",
  groups: ["core"],
  servers: {
    server: { template: "user.conf", params: { user: "$app.user", password: "$app.hash" } },
    reserved: {
      template: "user.conf",
      params: { user: "$reserved.user", password: "$reserved.hash" },
      during: "check",
    },
  },
  secrets: {
    app: { kind: "password", user: "app", hash: "bcrypt" },
    reserved: { kind: "password", user: "a:p/p", hash: "bcrypt", alphabet: "reserved" },
    ...passwordSecrets,
  },
  clients: passwordClients,
  checks: { ...passwordChecks, ...passwordHashChecks },
});
