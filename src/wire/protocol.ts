/** The lines of the NATS client protocol that the probe reads and writes. */
import type { Login } from "../model.ts";

export interface Message {
  readonly subject: string;
  readonly reply: string | undefined;
  readonly payload: string;
}

/** `MSG subject sid [reply] size`, or `HMSG subject sid [reply] header-size size` with the headers before the payload. */
export function parseMessage(line: string, body: Buffer): Message {
  const words = line.split(" ");
  const sizes = words[0] === "HMSG" ? 2 : 1;
  const headers = sizes === 2 ? Number(words.at(-2)) : 0;
  const reply = words.length > 3 + sizes ? words[3] : undefined;
  return { subject: words[1] ?? "", reply, payload: body.toString("utf8", headers) };
}

export function connectOptions(login: Login | undefined, tls: boolean): Record<string, unknown> {
  return {
    verbose: false,
    pedantic: false,
    lang: "nats-sandbox",
    version: "1",
    protocol: 1,
    headers: true,
    no_responders: true,
    tls_required: tls,
    ...(login?.user === undefined ? {} : { user: login.user }),
    ...(login?.password === undefined ? {} : { pass: login.password }),
    ...(login?.token === undefined ? {} : { auth_token: login.token }),
  };
}
