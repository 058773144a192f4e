/** A relay in front of a server that lies for it: it changes the INFO line, and may end TLS itself, as badly as asked. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createSecureContext, type SecureContextOptions, TLSSocket } from "node:tls";

export interface RelayOptions {
  /** Fields of INFO that are replaced. */
  readonly info: Readonly<Record<string, boolean>>;
  /** Speaks TLS with the client and plaintext with the server; absent, bytes pass as they are. */
  readonly tls?: SecureContextOptions;
}

export interface Relay extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

export async function openRelay(
  target: { readonly host: string; readonly port: number },
  options: RelayOptions,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true });
    for (const socket of [client, upstream]) sockets.add(socket);
    // Errors are how most of these connections are meant to end.
    relay(client, upstream, options).catch(() => {
      client.destroy();
      upstream.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function relay(client: Socket, upstream: Socket, { info, tls }: RelayOptions): Promise<void> {
  client.on("error", () => upstream.destroy());
  upstream.on("error", () => client.destroy());
  const [greeting] = (await once(upstream, "data")) as [Buffer];
  const [line = "", ...rest] = greeting.toString("latin1").split("\r\n");
  const promised = { ...JSON.parse(line.slice("INFO ".length)), ...info };
  client.write(`INFO ${JSON.stringify(promised)}\r\n${rest.join("\r\n")}`);
  const spoken = tls === undefined ? client : endTls(client, tls);
  spoken.on("error", () => upstream.destroy());
  spoken.on("close", () => upstream.destroy());
  upstream.on("close", () => spoken.end());
  spoken.pipe(upstream);
  upstream.pipe(spoken);
}

function endTls(client: Socket, tls: SecureContextOptions): TLSSocket {
  return new TLSSocket(client, { isServer: true, secureContext: createSecureContext(tls) });
}
