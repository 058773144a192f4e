import { connect } from "@nats-io/transport-node";
import { sharedNats } from "nats-sandbox/vitest";
import { expect, test } from "vitest";

test("gets into the server that all files share", async () => {
  const nc = await connect(sharedNats("user-pass").connectionOptions());
  expect(nc.getServer()).toBe(new URL(process.env.NATS_URL ?? "").host);
  await nc.close();
});
