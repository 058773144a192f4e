/** permissions: two users who may each publish and subscribe to their own subjects only. */
import { defineMode } from "../model.ts";
import { everyMode } from "./_every.ts";
import { permissionChecks } from "./_permissions.ts";

export default defineMode({
  name: "permissions",
  title: "Subject permissions",
  why: "Two users, each with a list of subjects for publishing and one for subscribing; all else is denied.",
  groups: ["core"],
  publishes: "orders.>",
  servers: {
    server: {
      template: "permissions.conf",
      params: {
        appUser: "$app.user",
        appPassword: "$app.password",
        serviceUser: "$service.user",
        servicePassword: "$service.password",
      },
    },
  },
  secrets: {
    app: { kind: "password", user: "app" },
    service: { kind: "password", user: "service" },
  },
  clients: {
    app: { login: { user: "$app.user", password: "$app.password" }, inboxPrefix: "_INBOX_app" },
    service: {
      login: { user: "$service.user", password: "$service.password" },
      inboxPrefix: "_INBOX_service",
    },
  },
  checks: { ...everyMode({ auth_required: true }), ...permissionChecks },
});
