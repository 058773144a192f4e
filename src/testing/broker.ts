/** A NATS server made for tests of the probe's steps: it routes messages, and goes wrong in the way a test asks for. */
import type { Socket } from "node:net";
import { info, type Stub, stubServer } from "./stub-server.ts";

/** What becomes of a PUB or a SUB: `leak` is refused and yet goes through, `drop` is neither, `twice` arrives twice. */
export type Fate = "allow" | "refuse" | "drop" | "leak" | "twice";

export interface BrokerOptions {
  /** `user` is the token of its CONNECT. */
  readonly judge?: (user: string, verb: "PUB" | "SUB", subject: string, nth: number) => Fate;
  /** Everybody's subscriptions get this message too, whatever they are for. */
  readonly noise?: string;
}

export interface Broker extends Stub {
  /** Every line heard, `user verb …`. */
  readonly heard: readonly string[];
  /** Connections that are open now. */
  open(): number;
}

interface Client {
  readonly socket: Socket;
  user: string;
  /** Subscribed subjects, by id. */
  readonly subscriptions: Map<string, string>;
}

export async function openBroker({ judge = () => "allow", noise }: BrokerOptions = {}): Promise<Broker> {
  const clients = new Set<Client>();
  const heard: string[] = [];
  let count = 0;

  function deliver(subject: string, reply: string, payload: string): void {
    for (const { socket, subscriptions } of clients)
      for (const [id, pattern] of subscriptions)
        if (matches(pattern, subject)) socket.write(message(subject, id, reply, payload), "latin1");
  }

  function publish(client: Client, words: readonly string[], payload: string): void {
    const [subject = "", reply] = words;
    count += 1;
    const fate = judge(client.user, "PUB", subject, count);
    if (fate === "refuse" || fate === "leak")
      client.socket.write(`-ERR 'Permissions Violation for Publish to "${subject}"'\r\n`);
    for (
      let times = fate === "twice" ? 2 : fate === "allow" || fate === "leak" ? 1 : 0;
      times > 0;
      times -= 1
    )
      deliver(subject, reply ?? "", payload);
  }

  function subscribe({ socket, user, subscriptions }: Client, words: readonly string[]): void {
    const [subject = ""] = words;
    const fate = judge(user, "SUB", subject, 0);
    if (fate === "refuse" || fate === "leak")
      socket.write(`-ERR 'Permissions Violation for Subscription to "${subject}"'\r\n`);
    if (fate === "allow" || fate === "leak") subscriptions.set(words.at(-1) ?? "", subject);
    if (noise !== undefined) socket.write(message(subject, words.at(-1) ?? "", "", noise), "latin1");
  }

  /** Takes one protocol message off the front; undefined when there is no whole one. */
  function take(client: Client, text: string): string | undefined {
    const end = text.indexOf("\r\n");
    if (end < 0) return undefined;
    const [verb = "", ...words] = text.slice(0, end).split(" ");
    const size = verb === "PUB" || verb === "HPUB" ? Number(words.at(-1)) + 2 : 0;
    const body = text.slice(end + 2, end + 2 + size);
    if (body.length < size) return undefined;
    if (verb === "CONNECT") client.user = JSON.parse(words.join(" ")).auth_token ?? "";
    heard.push(`${client.user} ${text.slice(0, end)}`);
    if (verb === "PING") client.socket.write("PONG\r\n");
    if (verb === "SUB") subscribe(client, words);
    if (verb === "PUB") publish(client, words.slice(0, -1), body.slice(0, -2));
    if (verb === "HPUB") publish(client, words.slice(0, -2), body.slice(Number(words.at(-2)), -2));
    return text.slice(end + 2 + size);
  }

  const stub = await stubServer((socket) => {
    const client: Client = { socket, user: "", subscriptions: new Map() };
    clients.add(client);
    socket.on("close", () => clients.delete(client)).write(info());
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let rest = take(client, text); rest !== undefined; rest = take(client, text)) text = rest;
    });
  });
  return Object.assign(stub, { heard, open: () => clients.size });
}

function message(subject: string, id: string, reply: string, payload: string): string {
  return `MSG ${subject} ${id} ${reply === "" ? "" : `${reply} `}${payload.length}\r\n${payload}\r\n`;
}

/** `*` for one token, `>` for all that follow. */
function matches(pattern: string, subject: string): boolean {
  const expression = pattern.replace(/[.$]/g, "\\$&").replace(/\*/g, "[^.]+").replace(/>$/, ".+");
  return new RegExp(`^${expression}$`).test(subject);
}
