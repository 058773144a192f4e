/** What nats.js is told: it demands TLS only for a `tls` option, and crashes on one that is null. */
import { expect, test } from "vitest";
import type { Connection } from "../model.ts";
import { natsJsOptions } from "./nats-js-options.ts";

const plain: Connection = { url: "nats://localhost:4222", transport: "nats" };

test("no tls option, not even null, for a connection without TLS material", () => {
  expect(natsJsOptions(plain)).toEqual({ servers: plain.url });
  expect(Object.hasOwn(natsJsOptions({ ...plain, tls: { policy: "demand" } }), "tls")).toBe(false);
});

test("an empty tls option where TLS is demanded by option", () => {
  expect(natsJsOptions({ ...plain, tls: { policy: "demand-by-option" } }).tls).toEqual({});
});

test("CA, certificate and key as PEM", () => {
  const tls = { ca: "CA", present: { chain: "CHAIN", key: "KEY" } };
  expect(natsJsOptions({ ...plain, tls }).tls).toEqual({ ca: "CA", cert: "CHAIN", key: "KEY" });
});

test("the login slots that there are, empty ones too, and the inbox prefix", () => {
  const login = { user: "app", password: "" };
  expect(natsJsOptions({ ...plain, login, inboxPrefix: "_INBOX_app" })).toEqual({
    servers: plain.url,
    user: "app",
    pass: "",
    inboxPrefix: "_INBOX_app",
  });
  expect(natsJsOptions({ ...plain, login: { token: "t" } })).toEqual({ servers: plain.url, token: "t" });
});
