import assert from "node:assert/strict";
import { connect } from "@nats-io/transport-node";
import { startMode } from "nats-sandbox";

describe("a server that asks for a token", () => {
  let nats;
  before(async () => {
    nats = await startMode("token");
  });
  after(() => nats.stop());

  it("lets in who has it", async () => {
    const nc = await connect(nats.connectionOptions());
    await nc.close();
  });

  it("turns away who has another one", async () => {
    const other = nats.connectionOptions("app", { login: { token: "wrong" } });
    await assert.rejects(connect(other), /authorization violation/i);
  });
});
