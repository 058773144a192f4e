/** What is checked of subject permissions: what each user may, and everything just beside it. */
import type { Check } from "../model.ts";

type PermissionCheck = Check<"app" | "service", never, "app" | "service">;

const logins = {
  app: { title: "app logs in", as: "app", expect: "ok" },
  service: { title: "service logs in", as: "service", expect: "ok" },
  "app-wrong": {
    title: "app with the password of service",
    as: "app",
    but: { login: { user: "$app.user", password: "$service.password" } },
    expect: "login",
  },
  "service-wrong": {
    title: "service with the password of app",
    as: "service",
    but: { login: { user: "$service.user", password: "$app.password" } },
    expect: "login",
  },
  "unknown-user": {
    title: "a user that is not listed",
    as: "app",
    but: { login: { user: "$app.user:swapcase", password: "$app.password" } },
    expect: "login",
  },
  nothing: { title: "no login at all", as: "app", but: { login: null }, expect: "login" },
} as const satisfies Record<string, PermissionCheck>;

const publishing = {
  publish: {
    title: "publish to an allowed subject",
    as: "app",
    step: { op: "publish", subject: "orders.new", witness: "service" },
    expect: "ok",
  },
  "publish-headers": {
    title: "publish with headers to an allowed subject",
    as: "app",
    step: { op: "publish", subject: "orders.new", headers: { "X-Check": "1" }, witness: "service" },
    needs: "headers",
    expect: "ok",
  },
  "publish-denied": {
    title: "publish to a subject that is not listed",
    as: "app",
    step: { op: "publish", subject: "payments.new" },
    control: "publish",
    expect: "publish",
  },
  "publish-deny": {
    title: "publish to a subject that deny takes out of allow",
    as: "app",
    step: { op: "publish", subject: "orders.audit.x", witness: "service" },
    control: "publish",
    expect: "publish",
  },
  "publish-other-case": {
    title: "publish to an allowed subject in another case",
    as: "app",
    step: { op: "publish", subject: "Orders.new" },
    control: "publish",
    expect: "publish",
  },
  "publish-bare-prefix": {
    title: "publish to the bare prefix of an allowed subject",
    as: "app",
    step: { op: "publish", subject: "orders" },
    control: "publish",
    expect: "publish",
  },
  "publish-headers-denied": {
    title: "publish with headers to a subject that is not listed",
    as: "app",
    step: { op: "publish", subject: "payments.new", headers: { "X-Check": "1" } },
    needs: "headers",
    control: "publish-headers",
    expect: "publish",
  },
  "publish-system": {
    title: "publish to $SYS",
    as: "app",
    step: { op: "publish", subject: "$SYS.REQ.SERVER.PING" },
    control: "publish",
    expect: "publish",
  },
  "publish-jetstream": {
    title: "service publishes to $JS.API",
    as: "service", // where streams are kept, app may
    step: { op: "publish", subject: "$JS.API.INFO" },
    control: "service-publish",
    expect: "publish",
  },
  "publish-other-inbox": {
    title: "publish to the other's inbox",
    as: "app",
    step: { op: "publish", subject: "_INBOX_service.x", witness: "service" },
    control: "publish",
    expect: "publish",
  },
  "service-publish": {
    title: "service publishes to its own subject",
    as: "service",
    step: { op: "publish", subject: "news.today", witness: "app" },
    expect: "ok",
  },
  "service-publish-denied": {
    title: "service publishes to a subject that only app may",
    as: "service",
    step: { op: "publish", subject: "orders.new", witness: "service" },
    control: "service-publish",
    expect: "publish",
  },
} as const satisfies Record<string, PermissionCheck>;

const subscribing = {
  subscribe: {
    title: "subscribe to an allowed subject",
    as: "app",
    step: { op: "subscribe", subject: "news.*", source: "service", sample: "news.today" },
    expect: "ok",
  },
  "subscribe-queue-free": {
    title: "subscribe to an allowed subject in a queue",
    as: "app",
    step: { op: "subscribe", subject: "news.*", queue: "readers", source: "service", sample: "news.today" },
    expect: "ok",
  },
  "subscribe-denied": {
    title: "subscribe to a subject that is not listed",
    as: "app",
    step: { op: "subscribe", subject: "payments.new" },
    control: "subscribe",
    expect: "subscribe",
  },
  "subscribe-deny": {
    title: "subscribe to a subject that deny takes out of allow",
    as: "app",
    step: { op: "subscribe", subject: "news.secret.x", source: "service", sample: "news.secret.x" },
    control: "subscribe",
    expect: "subscribe",
  },
  "subscribe-queue-denied": {
    title: "subscribe in a queue to a subject that is not listed",
    as: "app",
    step: { op: "subscribe", subject: "payments.new", queue: "readers" },
    control: "subscribe-queue-free",
    expect: "subscribe",
  },
  "subscribe-everything": {
    title: "subscribe to >",
    as: "app",
    step: { op: "subscribe", subject: ">", source: "service", sample: "news.today" },
    control: "subscribe",
    expect: "subscribe",
  },
  "subscribe-wildcard": {
    title: "subscribe to *.today",
    as: "app",
    step: { op: "subscribe", subject: "*.today", source: "service", sample: "news.today" },
    control: "subscribe",
    expect: "subscribe",
  },
  "subscribe-other-case": {
    title: "subscribe to an allowed subject in another case",
    as: "app",
    step: { op: "subscribe", subject: "News.today" },
    control: "subscribe",
    expect: "subscribe",
  },
  "subscribe-bare-prefix": {
    title: "subscribe to the bare prefix of an allowed subject",
    as: "app",
    step: { op: "subscribe", subject: "news" },
    control: "subscribe",
    expect: "subscribe",
  },
  "subscribe-system": {
    title: "subscribe to $SYS.>",
    as: "app",
    step: { op: "subscribe", subject: "$SYS.>" },
    control: "subscribe",
    expect: "subscribe",
  },
  "subscribe-jetstream": {
    title: "subscribe to $JS.API.>",
    as: "app",
    step: { op: "subscribe", subject: "$JS.API.>" },
    control: "subscribe",
    expect: "subscribe",
  },
  "subscribe-other-inbox": {
    title: "subscribe to the other's inbox",
    as: "app",
    step: { op: "subscribe", subject: "_INBOX_service.>" },
    control: "subscribe",
    expect: "subscribe",
  },
  "service-subscribe-denied": {
    title: "service subscribes to a subject that only app may",
    as: "service",
    step: { op: "subscribe", subject: "news.*" },
    control: "service-subscribe",
    expect: "subscribe",
  },
  "service-subscribe": {
    title: "service subscribes to its own subject",
    as: "service",
    step: { op: "subscribe", subject: "orders.*", source: "app", sample: "orders.new" },
    expect: "ok",
  },
  "wildcard-over-deny": {
    title: "a wildcard over a denied subject delivers nothing of it",
    as: "app",
    step: { op: "filter", subject: "news.>", source: "service", open: "news.today", denied: "news.secret.x" },
    expect: "ok",
    deviates: {
      without: "deny-filters-wildcards",
      got: "other",
      because: "servers before 2.0 check a deny when subscribing, not when delivering",
    },
  },
} as const satisfies Record<string, PermissionCheck>;

const queues = {
  queue: {
    title: "subscribe in the queue that is allowed",
    as: "app",
    step: { op: "subscribe", subject: "jobs.*", queue: "workers", source: "service", sample: "jobs.one" },
    needs: "queue-permissions",
    expect: "ok",
  },
  "queue-other": {
    title: "subscribe in another queue",
    as: "app",
    step: { op: "subscribe", subject: "jobs.*", queue: "others", source: "service", sample: "jobs.one" },
    needs: "queue-permissions",
    control: "queue",
    expect: "subscribe",
  },
} as const satisfies Record<string, PermissionCheck>;

const responses = {
  request: {
    title: "request, and get the reply",
    as: "app",
    step: { op: "request", subject: "ask.service", responder: "service" },
    expect: "ok",
  },
  response: {
    title: "reply once to a request",
    as: "app",
    step: { op: "respond", subject: "ask.app", asker: "service", replies: 1 },
    needs: "allow-responses",
    expect: "ok",
  },
  "response-second": {
    title: "reply a second time where one reply is allowed",
    as: "app",
    step: { op: "respond", subject: "ask.app", asker: "service", replies: 2, allowed: 1 },
    needs: "allow-responses",
    control: "response",
    expect: "publish",
  },
  "response-two": {
    title: "reply twice where two replies are allowed",
    as: "service",
    step: { op: "respond", subject: "ask.service", asker: "app", replies: 2 },
    needs: "allow-responses",
    expect: "ok",
  },
  "response-third": {
    title: "reply a third time where two replies are allowed",
    as: "service",
    step: { op: "respond", subject: "ask.service", asker: "app", replies: 3, allowed: 2 },
    needs: "allow-responses",
    control: "response-two",
    expect: "publish",
  },
  "response-unasked": {
    title: "reply without a request",
    as: "service",
    step: { op: "publish", subject: "_INBOX_app.unasked", witness: "app" },
    needs: "allow-responses",
    control: "response-two",
    expect: "publish",
  },
} as const satisfies Record<string, PermissionCheck>;

const secondOpinions = {
  "nats-js-publish": {
    title: "nats.js publishes to an allowed subject",
    as: "app",
    driver: "nats.js",
    step: { op: "publish", subject: "orders.new" },
    expect: "ok",
  },
  "nats-js-publish-denied": {
    title: "nats.js publishes to a subject that is not listed",
    as: "app",
    driver: "nats.js",
    step: { op: "publish", subject: "payments.new" },
    control: "nats-js-publish",
    expect: "publish",
  },
  "nats-js-subscribe": {
    title: "nats.js subscribes to an allowed subject",
    as: "app",
    driver: "nats.js",
    step: { op: "subscribe", subject: "news.*" },
    expect: "ok",
  },
  "nats-js-subscribe-denied": {
    title: "nats.js subscribes to a subject that is not listed",
    as: "app",
    driver: "nats.js",
    step: { op: "subscribe", subject: "payments.new" },
    control: "nats-js-subscribe",
    expect: "subscribe",
  },
  "nats-js-request": {
    title: "nats.js requests, and gets the reply",
    as: "app",
    driver: "nats.js",
    step: { op: "request", subject: "ask.service", responder: "service" },
    expect: "ok",
  },
} as const satisfies Record<string, PermissionCheck>;

export const permissionChecks = {
  ...logins,
  ...publishing,
  ...subscribing,
  ...queues,
  ...responses,
  ...secondOpinions,
};
