import { connect } from "@nats-io/transport-node";
import { natsTest } from "nats-sandbox/vitest";
import { expect } from "vitest";

// A server of this file's own, started when the first test asks for it.
const test = natsTest("tls-verify");

test("gets in with its certificate", async ({ nats }) => {
  const nc = await connect(nats.connectionOptions());
  const messages = nc.subscribe("hello", { max: 1 });
  nc.publish("hello", "world");
  for await (const message of messages) expect(message.string()).toBe("world");
  await nc.close();
});

test("is turned away with a stranger's", async ({ nats }) => {
  const stranger = nats.connectionOptions("app", { present: "stranger" });
  await expect(connect(stranger)).rejects.toThrow();
  expect(await nats.logs()).toMatch(/certificate signed by unknown authority/);
});

test("goes on after the certificates were renewed", async ({ nats }) => {
  const before = nats.connectionOptions();
  await nats.rotate({ certificates: true });
  await expect(connect({ ...before, reconnect: false })).rejects.toThrow();
  await (await connect(nats.connectionOptions())).close();
});
