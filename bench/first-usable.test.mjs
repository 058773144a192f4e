/**
 * A first usable server in a vitest run, with our fixture and with @testcontainers/nats: from the moment at which a test
 * is about to begin, until a client has got in. Run by docker.mjs, which names the file for the times.
 */
import { appendFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { connect } from "@nats-io/transport-node";
import { beforeEach, test as plain } from "vitest";
import { natsTest } from "../dist/vitest/fixture.js";

const { BENCH_TIMES, BENCH_IMAGE, BENCH_OTHER } = process.env;
const { NatsContainer } = await import(pathToFileURL(BENCH_OTHER));
const test = natsTest("user-pass", { engine: "process", offline: true });

let begin = 0;
beforeEach(() => {
  begin = performance.now();
});

async function getIn(name, options) {
  const client = await connect(options);
  await client.flush();
  appendFileSync(BENCH_TIMES, `${JSON.stringify([name, performance.now() - begin])}\n`);
  await client.close();
}

test("fixture", ({ nats }) => getIn("fixture", nats.connectionOptions()));

plain("testcontainers", { timeout: 60_000 }, async () => {
  const container = await new NatsContainer(BENCH_IMAGE).start();
  await getIn("its container", container.getConnectionOptions());
  await container.stop();
});
