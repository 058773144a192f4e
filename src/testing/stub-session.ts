/** The wire probe against a server made for one test. */
import type { Socket } from "node:net";
import { codeOf } from "../errors.ts";
import type { Connection } from "../model.ts";
import { WireSession } from "../wire/session.ts";
import { type Stub, stubServer } from "./stub-server.ts";

export function sessionTo(stub: Stub, more: Partial<Connection> = {}, timeout = 20_000): WireSession {
  const connection: Connection = { url: `nats://localhost:${stub.port}`, transport: "nats", ...more };
  return new WireSession(connection, { deadline: performance.now() + timeout, through: stub });
}

/** Opens and connects to a server that does this; how it ended, and what the session saw. */
export async function outcome(
  serve: (socket: Socket) => void,
  more: Partial<Connection> = {},
  timeout?: number,
) {
  await using stub = await stubServer(serve);
  const session = sessionTo(stub, more, timeout);
  try {
    await session.open();
    await session.connect();
    return { code: "in", trace: session.trace };
  } catch (error) {
    return { code: codeOf(error) ?? String(error), trace: session.trace };
  } finally {
    session.close();
  }
}
