/** A tap before a server made for one test. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { openTap, type Tap } from "../tap.ts";

/** The greeting of a nats-server. */
export const INFO = 'INFO {"server_id":"N","version":"2.15.1","client_id":42,"tls_required":true} \r\n';

const opened: AsyncDisposable[] = [];

/** Has this disposed of by `closeAll`. */
export function closeLater(...these: readonly AsyncDisposable[]): void {
  opened.push(...these);
}

/** For `afterEach`: the last one opened is closed first. */
export async function closeAll(): Promise<void> {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
}

/** A server that does this with each connection, and a tap before it. */
export async function tapped(serve: (socket: Socket) => void, allowHalfOpen = false): Promise<Tap> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen }, (socket) => {
    sockets.push(socket.on("error", () => {}));
    serve(socket);
  });
  const tap = await openTap({ host: "127.0.0.1", port: await portOf(server) });
  closeLater(server, tap, {
    [Symbol.asyncDispose]: async () => sockets.forEach((one) => void one.destroy()),
  });
  return tap;
}

export async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

export function dial(tap: Tap, allowHalfOpen = false): Socket {
  const socket = connect({ host: tap.host, port: tap.port, allowHalfOpen });
  socket.on("error", () => {});
  return socket;
}
