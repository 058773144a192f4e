/** A relay on loopback between a client and a server that records: whose connection, what before TLS, who closed. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What passed through one relayed connection. */
export interface TapRecord {
  /** `client_id` of the server's INFO: the key to its log. */
  clientId?: number;
  /** What the client sent before it turned to TLS; all of it where it never did. */
  readonly plaintext: string;
  /** Did the client start a TLS handshake? */
  readonly tls: boolean;
  /** DER certificates the server sent, in order, as far as the handshake was readable (TLS 1.2). */
  readonly served: readonly Buffer[];
  readonly closedFirst: "client" | "server" | undefined;
}

export interface Tap extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** One record a connection, in the order of dialling. */
  records(): readonly TapRecord[];
}

/** More than any greeting and handshake needs; what follows is not kept. */
const KEEP = 64 * 1024;
const HOST = "127.0.0.1";

export async function openTap(target: { readonly host: string; readonly port: number }): Promise<Tap> {
  const relays: Relay[] = [];
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) =>
    relays.push(relay(client, target)),
  );
  server.listen(0, HOST);
  await once(server, "listening");
  return {
    host: HOST,
    port: (server.address() as AddressInfo).port,
    records: () => relays.map(recordOf),
    async [Symbol.asyncDispose]() {
      for (const { client, upstream } of relays) {
        client.destroy();
        upstream.destroy();
      }
      server.close();
      await once(server, "close");
    },
  };
}

/**
 * The URL of a server by way of its tap. The tap is on this machine: a server on another one is dialled by an address of
 * this one, which all our servers' certificates carry.
 */
export function viaTap(url: string, { host, port }: Pick<Tap, "host" | "port">): URL {
  const via = new URL(url);
  if (!/^(localhost$|127\.)/.test(via.hostname)) via.hostname = host;
  via.port = String(port);
  return via;
}

interface Relay {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly sent: Buffer[];
  readonly received: Buffer[];
  closedFirst: "client" | "server" | undefined;
}

function relay(client: Socket, target: { readonly host: string; readonly port: number }): Relay {
  const upstream = connect({ ...target, noDelay: true, allowHalfOpen: true });
  const one: Relay = { client, upstream, sent: [], received: [], closedFirst: undefined };
  // End of stream is passed on, not answered with a reset: a reset would overtake the server's last words.
  pipe(client, upstream, one.sent, () => (one.closedFirst ??= "client"));
  pipe(upstream, client, one.received, () => (one.closedFirst ??= "server"));
  return one;
}

function pipe(from: Socket, to: Socket, kept: Buffer[], ended: () => void): void {
  let size = 0;
  from.on("data", (chunk: Buffer) => {
    if (size < KEEP) kept.push(chunk);
    size += chunk.length;
  });
  from.on("end", ended);
  from.on("error", () => {
    ended();
    to.destroy();
  });
  from.on("close", () => {
    ended();
    to.end();
  });
  from.pipe(to);
}

function recordOf({ sent, received, closedFirst }: Relay): TapRecord {
  const up = Buffer.concat(sent);
  const down = Buffer.concat(received);
  const start = clientHello(up);
  const clientId = /^INFO [^\r\n]*?"client_id":(\d+)/.exec(down.toString("latin1", 0, 4096))?.[1];
  return {
    ...(clientId === undefined ? {} : { clientId: Number(clientId) }),
    plaintext: up.toString("utf8", 0, start < 0 ? up.length : start),
    tls: start >= 0,
    served: servedCertificates(down.subarray(down.indexOf("\r\n") + 2)),
    closedFirst,
  };
}

/** Where the client's first TLS record begins: a handshake record (22) of version 3.x that holds a ClientHello (1). */
function clientHello(bytes: Buffer): number {
  for (let at = bytes.indexOf(22); at >= 0; at = bytes.indexOf(22, at + 1))
    if (bytes[at + 1] === 3 && bytes[at + 5] === 1) return at;
  return -1;
}

/** The Certificate message (11) of a TLS 1.2 server's first flight, RFC 5246 §7.4.2. */
export function servedCertificates(flight: Buffer): readonly Buffer[] {
  const messages = handshakeBytes(flight);
  for (let at = 0; at + 4 <= messages.length; ) {
    const length = messages.readUIntBE(at + 1, 3);
    if (messages[at] === 11) return certificateList(messages.subarray(at + 7, at + 4 + length));
    at += 4 + length;
  }
  return [];
}

/** Handshake messages of consecutive records of type 22, RFC 5246 §6.2.1, up to the first record of another type. */
function handshakeBytes(flight: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + 5 <= flight.length && flight[at] === 22; ) {
    const length = flight.readUInt16BE(at + 3);
    parts.push(flight.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return Buffer.concat(parts);
}

function certificateList(list: Buffer): readonly Buffer[] {
  const certificates: Buffer[] = [];
  for (let at = 0; at + 3 <= list.length; ) {
    const length = list.readUIntBE(at, 3);
    certificates.push(list.subarray(at + 3, at + 3 + length));
    at += 3 + length;
  }
  return certificates;
}
