import { expect, test } from "vitest";
import type { Mode } from "../model.ts";
import { JETSTREAM_LIMITS, withJetStream } from "./_jetstream.ts";

/** What is done with the stream on disk before and after the restart, and its subject. */
function onDisk(allow: readonly string[] | undefined, publishes?: string) {
  const permissions = allow === undefined ? {} : { permissions: { publish: { allow } } };
  const mode: Mode = {
    name: "m",
    title: "m",
    why: "",
    groups: [],
    ...(publishes === undefined ? {} : { publishes }),
    servers: { server: { template: "users.conf", users: [{ login: "app", ...permissions }] } },
    secrets: { app: { kind: "password", user: "app" } },
    clients: { app: { login: { user: "$app.user", password: "$app.password" } } },
    checks: {},
  };
  const { checks } = withJetStream(mode, JETSTREAM_LIMITS);
  return ["stream-write", "stream-kept"].map((id) => {
    const step = checks[id]?.step;
    return step?.op === "stream" ? `${step.does} ${step.subject}` : undefined;
  });
}

test.each([
  ["anything", undefined, ["write nats-sandbox.kept", "read nats-sandbox.kept"]],
  ["all below a subject", ["orders.>", "x"], ["write orders.kept", "read orders.kept"]],
  ["single subjects", ["orders.new", "orders.cancel"], ["write orders.new", "read orders.new"]],
  ["nothing", [], ["make nats-sandbox.kept", "find nats-sandbox.kept"]],
])("a stream is written through a subject that app may publish to: %s", (_, allow, expected) => {
  expect(onDisk(allow)).toEqual(expected);
});

test("a mode can say itself what its app may publish to", () => {
  expect(onDisk(undefined, "a.*.b")).toEqual(["write a.kept.b", "read a.kept.b"]);
});
