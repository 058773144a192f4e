import { expect, it, test } from "vitest";
import { parseUrl } from "./url.ts";

test.each<[string, object]>([
  ["nats://localhost:4333", { host: "localhost", port: 4333, tls: false }],
  ["nats://localhost", { host: "localhost", port: 4222, tls: false }],
  ["tls://nats.example.test:1", { host: "nats.example.test", port: 1, tls: true }],
  ["tls://127.0.0.1:1", { host: "127.0.0.1", port: 1, tls: true }],
  ["nats://[::1]:4333", { host: "::1", port: 4333, tls: false }],
  ["nats://a:b@localhost:1", { host: "localhost", port: 1, login: { user: "a", password: "b" } }],
  ["nats://a:@localhost:1", { host: "localhost", port: 1, login: { user: "a", password: "" } }],
  ["nats://:b@localhost:1", { host: "localhost", port: 1, login: { user: "", password: "b" } }],
  ["nats://token@localhost:1", { host: "localhost", port: 1, login: { token: "token" } }],
  [
    "tls://a%3Ab:c%40d%2Fe%25@[::1]:1",
    { host: "::1", tls: true, login: { user: "a:b", password: "c@d/e%" } },
  ],
  ["nats://%C3%A9:%F0%9F%98%80@localhost", { login: { user: "é", password: "😀" } }],
  ["nats://a:b%20c@localhost", { login: { user: "a", password: "b c" } }],
  ["nats://a:b+c@localhost", { login: { user: "a", password: "b+c" } }],
])("%s", (url, expected) => {
  expect(parseUrl(url)).toMatchObject(expected);
});

it("has no login where there is none", () => {
  expect(parseUrl("nats://localhost:1").login).toBeUndefined();
});

it.each(["", "localhost", "no url at all", "nats://:4222:1"])("refuses %j", (url) => {
  expect(() => parseUrl(url)).toThrow(/Invalid URL/);
});
