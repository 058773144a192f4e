import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "@nats-io/transport-node";
import { startMode } from "nats-sandbox";

let nats;
before(async () => {
  nats = await startMode("tls-verify");
});
after(() => nats.stop());

test("gets in with its certificate", async () => {
  const nc = await connect(nats.connectionOptions());
  await nc.flush();
  await nc.close();
});

test("is turned away without one", async () => {
  await assert.rejects(connect(nats.connectionOptions("app", { present: null })));
  assert.match(await nats.logs(), /client didn't provide a certificate/);
});
