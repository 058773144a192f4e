/** Our own NATS and TLS client: bytes on a socket, every one accounted for. It judges servers. */
import { randomUUID, X509Certificate } from "node:crypto";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls";
import { codeOf } from "../errors.ts";
import type { Connection, Login } from "../model.ts";
import { connectOptions, type Message, parseMessage } from "./protocol.ts";
import { TlsContexts } from "./tls-contexts.ts";
import { newTrace, type ServerInfo, type Trace, WireError } from "./trace.ts";
import { parseUrl } from "./url.ts";

export interface OpenOptions {
  /** Absolute time in ms (performance.now) by which everything must have happened. */
  readonly deadline: number;
  /** Where the socket goes instead of the URL's address: a tap in front of the server. */
  readonly through?: { readonly host: string; readonly port: number };
  /** Shared by dials with the same material. */
  readonly contexts?: TlsContexts;
}

/** How long (ms) a TLS 1.3 client waits for the session ticket that tells it was accepted: for a server that sends none. */
const TICKET_GRACE = 1_000;

export class WireSession {
  readonly trace: Trace = newTrace();
  readonly #connection: Connection;
  readonly #options: OpenOptions;
  #socket: Socket | TLSSocket | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #closed: WireError | undefined;
  readonly #wakeups = new Set<() => void>();
  #pongs = 0;
  readonly #messages: Message[] = [];

  constructor(connection: Connection, options: OpenOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Dials, reads INFO and, as policy and INFO ask, turns to TLS. Throws what a client would throw. */
  async open(): Promise<void> {
    const url = parseUrl(this.#connection.url);
    const at = this.#options.through ?? url;
    const socket = connectTcp({ host: at.host, port: at.port, noDelay: true });
    this.#adopt(socket);
    await this.#until(() => this.trace.info !== undefined, "INFO");
    const policy = this.#connection.tls?.policy;
    const { tls_required, tls_available } = this.trace.info ?? {};
    const demanded = url.tls || policy === "demand" || policy === "demand-by-option";
    if (policy === "never" || !(demanded || tls_required)) return;
    if (!tls_required && !tls_available)
      throw new WireError("TLS_NOT_OFFERED", "told to use TLS, and the server's INFO does not offer it");
    await this.#upgrade(socket, url.host);
  }

  /** CONNECT and PING; returns once the PONG is there. `login` defaults to the connection's own. */
  async connect(login: Login | undefined = this.#login()): Promise<void> {
    this.trace.connectSent = this.trace.tls === undefined ? "plaintext" : "encrypted";
    this.send(`CONNECT ${JSON.stringify(connectOptions(login, this.trace.tls !== undefined))}\r\n`);
    await this.ping();
    this.trace.pong = true;
  }

  send(text: string): void {
    this.#socket?.write(text);
  }

  /** One round trip: everything sent before has been judged by the server when it returns. */
  async ping(): Promise<void> {
    const wanted = this.#pongs + 1;
    this.send("PING\r\n");
    await this.#until(() => this.#pongs >= wanted, "PONG");
  }

  /** Waits until the server has closed the connection. */
  async closed(): Promise<void> {
    await this.#until(() => this.#closed !== undefined, "close by the server").catch((error: unknown) => {
      if (this.#closed === undefined) throw error;
    });
  }

  newInbox(): string {
    return `${this.#connection.inboxPrefix ?? "_INBOX"}.${randomUUID()}`;
  }

  /** The first message with this payload, as soon as it is there. */
  async message(payload: string): Promise<Message> {
    const find = () => this.#messages.find((message) => message.payload === payload);
    await this.#until(() => find() !== undefined, "message");
    return find() as Message;
  }

  /** The `nth` message on a subject, counted from 1, as soon as it is there. */
  async messageOn(subject: string, nth: number): Promise<Message> {
    const find = () => this.#messages.filter((message) => message.subject === subject)[nth - 1];
    await this.#until(() => find() !== undefined, "message");
    return find() as Message;
  }

  /** The messages with this payload so far. */
  received(payload: string): readonly Message[] {
    return this.#messages.filter((message) => message.payload === payload);
  }

  close(): void {
    this.trace.open = this.#closed === undefined && this.#socket !== undefined;
    this.#socket?.destroy();
  }

  #login(): Login | undefined {
    return this.#connection.login ?? parseUrl(this.#connection.url).login;
  }

  #adopt(socket: Socket | TLSSocket): void {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => this.#end(new WireError(codeOf(error) ?? "ERROR", error.message)));
    socket.on("close", () => this.#end(new WireError("CLOSED", "the server closed the connection")));
  }

  #end(error: WireError): void {
    this.#closed ??= error;
    this.#wake();
  }

  #wake(): void {
    for (const wakeup of [...this.#wakeups]) wakeup();
  }

  /** Waits for a condition that incoming bytes change; fails when the connection ends or the deadline is over. */
  async #until(done: () => boolean, what: string): Promise<void> {
    const late = () => new WireError("DEADLINE", `no ${what} before the deadline`);
    await new Promise<void>((resolve, reject) => {
      const settle = (end: () => void) => {
        clearTimeout(timer);
        this.#wakeups.delete(look);
        end();
      };
      const look = () => {
        if (done()) settle(resolve);
        else if (this.#closed !== undefined) settle(() => reject(this.#closed));
      };
      const timer = setTimeout(
        () => settle(() => reject(late())),
        Math.max(0, this.#options.deadline - performance.now()),
      );
      this.#wakeups.add(look);
      look();
    });
  }

  async #upgrade(plain: Socket, dialled: string): Promise<void> {
    plain.removeAllListeners("data").removeAllListeners("close").removeAllListeners("error");
    const tls = this.#connection.tls ?? {};
    const name = tls.verifyAs ?? dialled;
    const socket = connectTls({
      socket: plain,
      ...(isIP(name) ? {} : { servername: name }),
      secureContext: (this.#options.contexts ?? new TlsContexts()).get(tls),
      // Node would verify an address as "localhost" (nodejs/node#27943): say whom we mean.
      checkServerIdentity: (_host, certificate) => identityError(name, certificate),
    });
    let ticket = false;
    const accepted = () => {
      ticket = true;
      this.#wake();
    };
    // Not at once: the event comes from within OpenSSL's read, and a write from there spoils the record sequence.
    socket.once("session", () => setImmediate(accepted));
    let secured = false;
    socket.once("secureConnect", () => {
      secured = true;
      this.#wake();
    });
    this.#adopt(socket);
    await this.#until(() => secured, "TLS handshake");
    this.trace.tls = { version: socket.getProtocol() ?? "unknown", cipher: socket.getCipher().name };
    // In TLS 1.3 the client is "secure" before its own certificate was judged. A server that accepts it sends a
    // ticket; bytes written before a refusal arrives could turn its alert into a bare reset.
    if (this.trace.tls.version === "TLSv1.3") {
      const grace = setTimeout(accepted, TICKET_GRACE);
      await this.#until(() => ticket, "session ticket").finally(() => clearTimeout(grace));
    }
  }

  #read(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    try {
      while (this.#readOne());
    } catch {
      this.#end(new WireError("PROTOCOL", "the peer does not speak the NATS protocol"));
      this.#socket?.destroy();
    }
    this.#wake();
  }

  /** Reads one protocol message from the buffer; false when it holds no whole one. */
  #readOne(): boolean {
    const end = this.#buffer.indexOf("\r\n");
    if (end < 0) return false;
    const line = this.#buffer.toString("utf8", 0, end);
    const [verb = ""] = line.split(" ", 1);
    let next = end + 2;
    if (verb === "MSG" || verb === "HMSG") {
      const size = Number(/ (\d+)$/.exec(line)?.[1]);
      if (Number.isNaN(size)) throw new Error("a message without a size");
      if (this.#buffer.length < next + size + 2) return false;
      this.#messages.push(parseMessage(line, this.#buffer.subarray(next, next + size)));
      next += size + 2;
    } else if (verb === "INFO") {
      // A second INFO may follow the first PONG: the first one is the greeting.
      this.trace.info ??= JSON.parse(line.slice(5)) as ServerInfo;
      if (this.trace.info.client_id !== undefined) this.trace.clientId ??= this.trace.info.client_id;
    } else if (verb === "PONG") this.#pongs += 1;
    else if (verb === "PING") this.send("PONG\r\n");
    else if (verb === "-ERR") this.trace.errors.push(line.slice(5).replace(/^'|'$/g, ""));
    this.#buffer = this.#buffer.subarray(next);
    return true;
  }
}

/**
 * Why a certificate is not good for a name or an address. OpenSSL is asked of an address: Node 22.23 holds ::1 for a name,
 * and finds it in no certificate.
 */
function identityError(name: string, certificate: PeerCertificate): Error | undefined {
  const error = checkServerIdentity(name, certificate);
  const isGood = isIP(name) > 0 && new X509Certificate(certificate.raw).checkIP(name) !== undefined;
  return isGood ? undefined : error;
}

/** Reads the INFO line of a server without saying anything: it is up, and this is its version. */
export async function readInfo(host: string, port: number, deadline: number): Promise<ServerInfo> {
  const session = new WireSession(
    {
      url: `nats://${host.includes(":") ? `[${host}]` : host}:${port}`,
      transport: "nats",
      tls: { policy: "never" },
    },
    { deadline },
  );
  try {
    await session.open();
    return session.trace.info ?? {};
  } finally {
    session.close();
  }
}
