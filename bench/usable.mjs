/**
 * One user-pass server from nothing until a client has got in: with our engines, or with @testcontainers/nats, whose
 * entry point is given in place of an engine. As a program it says `in` then, and stops what it has started.
 */
import { fileURLToPath, pathToFileURL } from "node:url";

/** Resolves once a client has got in, with what stops it all. */
export async function usable(what, home, image) {
  return what.includes("/") ? withContainer(what, image) : withSandbox(what, home, image);
}

async function withSandbox(engine, home, image) {
  const { startMode } = await import(new URL("../dist/index.js", import.meta.url));
  const own = engine === "docker" ? { image } : {};
  const nats = await startMode("user-pass", { home, name: "bench", engine, offline: true, ...own });
  await getIn(nats.connectionOptions());
  return () => nats.stop();
}

async function withContainer(main, image) {
  process.env.TESTCONTAINERS_RYUK_DISABLED = "true"; // its own guard, another container, from an image to be pulled
  const { NatsContainer } = await import(pathToFileURL(main));
  const container = await new NatsContainer(image).start();
  await getIn(container.getConnectionOptions());
  return () => container.stop();
}

async function getIn(options) {
  const { connect } = await import("@nats-io/transport-node");
  const client = await connect(options);
  await client.flush();
  await client.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [what, home, image] = process.argv.slice(2);
  const stop = await usable(what, home, image);
  console.log("in");
  await stop();
}
