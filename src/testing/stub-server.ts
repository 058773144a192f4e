/** A server made for one test: it speaks just enough NATS to be taken for one, or whatever else the test wants. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { KeyPair } from "../model.ts";

export interface Stub extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

/** Does this with each connection, whose errors are nobody's business. */
export async function stubServer(serve: (socket: Socket) => void): Promise<Stub> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket.on("error", () => {}));
    serve(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
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

/** The greeting of a server that is as it is said here. */
export function info(fields: Readonly<Record<string, unknown>> = {}): string {
  return `INFO ${JSON.stringify({ server_id: "N", version: "2.15.1", client_id: 7, ...fields })} \r\n`;
}

/**
 * Answers lines on a socket: with what `hear` returns, and a PING for which it returns nothing with PONG.
 * Gives the lines heard so far.
 */
export function speak(
  socket: Duplex,
  hear: (line: string) => string | undefined = () => undefined,
): string[] {
  const lines: string[] = [];
  let rest = "";
  socket.on("data", (chunk: Buffer) => {
    rest += chunk.toString("latin1");
    const [unfinished = "", ...whole] = rest.split("\r\n").reverse();
    rest = unfinished;
    for (const line of whole.reverse()) {
      lines.push(line);
      const answer = hear(line) ?? (line === "PING" ? "PONG\r\n" : undefined);
      if (answer !== undefined) socket.write(answer);
    }
  });
  return lines;
}

/** Goes on in TLS when the client's next bytes are a TLS record, else in plaintext. */
export function onFirstBytes(
  socket: Socket,
  pair: KeyPair,
  go: (spoken: Duplex, how: "plaintext" | "encrypted") => void,
): void {
  socket.once("data", (chunk: Buffer) => {
    socket.pause().unshift(chunk);
    if (chunk[0] !== 22) return go(socket.resume(), "plaintext");
    const secure = new TLSSocket(socket, { isServer: true, cert: pair.chain, key: pair.key });
    go(
      secure.on("error", () => {}),
      "encrypted",
    );
  });
}
