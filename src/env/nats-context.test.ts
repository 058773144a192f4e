import { expect, it, test } from "vitest";
import type { Connection } from "../model.ts";
import { checkContextPaths, natsContext } from "./nats-context.ts";

const PLAIN: Connection = { url: "nats://localhost:4222", transport: "nats" };

const read = (connection: Connection, files = {}) => JSON.parse(natsContext("mine", connection, files));

it("has the fields of ADR-21, and none without a value", () => {
  const connection = { ...PLAIN, url: "tls://a:b%40@localhost:1", inboxPrefix: "_INBOX_a" };
  const files = { ca: "/ca", cert: "/cert", key: "/key", context: "/context.json" };
  expect(read(connection, files)).toEqual({
    description: "mine",
    url: "tls://localhost:1",
    user: "a",
    password: "b@",
    ca: "/ca",
    cert: "/cert",
    key: "/key",
    inbox_prefix: "_INBOX_a",
  });
  expect(read(PLAIN)).toEqual({ description: "mine", url: PLAIN.url });
});

test.each(["env://HOME", "file:///etc/hostname", "data:;base64,eA==", "OP://x", "nsc://x"])(
  "the secret %s is not looked up",
  (secret) => {
    const { password, token } = read({ ...PLAIN, login: { password: secret, token: secret } });
    for (const value of [password, token]) {
      const [, encoded = ""] = /^data:;base64,(.*)$/.exec(value) ?? [];
      expect(Buffer.from(encoded, "base64").toString()).toBe(secret);
    }
  },
);

test("other secrets stay as they are", () => {
  const password = `a:b'"$HOME\\ü`;
  expect(read({ ...PLAIN, login: { user: "u", password } }).password).toBe(password);
});

it("cannot hold a path with $", () => {
  expect(() => checkContextPaths({ ca: "/a/$HOME/ca.pem" })).toThrow(
    expect.objectContaining({ code: "state-unusable", detail: expect.stringContaining("/a/$HOME/ca.pem") }),
  );
  expect(() => checkContextPaths({ ca: "/a b/ca.pem", cert: "/c'" })).not.toThrow();
});
