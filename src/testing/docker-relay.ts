/** The engine of the tests at a TCP address, with TLS or without: what clients see of one on another machine. */
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { createPki } from "../pki/pki.ts";

export interface EngineRelay extends AsyncDisposable {
  readonly url: string;
  /** Connections that there are now. */
  connections(): number;
}

export interface RelayOptions {
  /** Path of the engine's socket; absent: nobody ever answers. */
  readonly socketPath?: string;
  /** Default: loopback. */
  readonly address?: string;
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

export async function openEngineRelay(options: RelayOptions): Promise<EngineRelay> {
  const { socketPath, address = "127.0.0.1", tls } = options;
  const sockets = new Set<Socket>();
  const take = (client: Socket) => {
    client.on("error", () => {});
    if (socketPath === undefined) return void client.once("end", () => client.destroy()).resume();
    const engine = connect({ path: socketPath, allowHalfOpen: true });
    engine.on("error", () => client.destroy()).once("close", () => client.destroy());
    client.once("close", () => engine.destroy());
    client.pipe(engine).pipe(client);
  };
  const both = { allowHalfOpen: true };
  const server: Server =
    tls === undefined
      ? createServer(both, take)
      : createTlsServer({ ...both, ...tls, requestCert: true, rejectUnauthorized: true }, take);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {}); // how some of these connections are meant to end
  server.listen(0, address);
  await once(server, "listening");
  return {
    url: `tcp://${address}:${(server.address() as AddressInfo).port}`,
    connections: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

export interface EngineFiles {
  /** For the relay. */
  readonly server: { readonly ca: string; readonly cert: string; readonly key: string };
  /** For DOCKER_CERT_PATH: all that a client needs; without a certificate of its own; with a stranger's CA. */
  readonly client: string;
  readonly anonymous: string;
  readonly misled: string;
}

/** As `docker` has them: ca.pem, cert.pem and key.pem in a folder. */
export async function engineFiles(dir: string, address = "127.0.0.1"): Promise<EngineFiles> {
  const pki = await createPki({ hosts: [address] });
  const [server, client] = await Promise.all([
    pki.issue("server", { profile: "server" }),
    pki.issue("client", { profile: "client" }),
  ]);
  const put = (name: string, files: Readonly<Record<string, string>>) => {
    mkdirSync(join(dir, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(dir, name, file), text);
    return join(dir, name);
  };
  const own = { "cert.pem": client.chain, "key.pem": client.key };
  return {
    server: { ca: pki.trust("ca"), cert: server.chain, key: server.key },
    client: put("client", { "ca.pem": pki.trust("ca"), ...own }),
    anonymous: put("anonymous", { "ca.pem": pki.trust("ca") }),
    misled: put("misled", { "ca.pem": pki.trust("stranger"), ...own }),
  };
}
