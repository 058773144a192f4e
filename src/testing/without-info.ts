/** For programs that start with TLS at once, and so cannot talk to a server that starts with INFO. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** Gives `use` the port of a relay that swallows the first thing the server on `port` says. */
export async function withoutInfo<T>(port: number, use: (port: number) => Promise<T>): Promise<T> {
  const relay = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
    client.pause();
    upstream.once("data", () => {
      client.pipe(upstream);
      upstream.pipe(client);
    });
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  try {
    return await use((relay.address() as AddressInfo).port);
  } finally {
    relay.close();
  }
}
