import { connect, type NatsConnection } from "@nats-io/transport-node";
import { natsTest } from "nats-sandbox/vitest";
import { expect } from "vitest";

// With streams: each test finds none.
const test = natsTest("user-pass", { jetstream: true });

async function streams(nc: NatsConnection): Promise<readonly string[]> {
  const answer = await nc.request("$JS.API.STREAM.NAMES");
  return answer.json<{ streams?: string[] }>().streams ?? [];
}

test.for(["orders", "bills"])("makes the stream %s, and has it for itself", async (name, { nats }) => {
  const nc = await connect(nats.connectionOptions());
  expect(await streams(nc)).toEqual([]);
  const stream = { name, subjects: [`${name}.>`], storage: "memory" };
  await nc.request(`$JS.API.STREAM.CREATE.${name}`, JSON.stringify(stream));
  expect(await streams(nc)).toEqual([name]);
  await nc.close();
});
