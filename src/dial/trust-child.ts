/** A fresh client process for the default trust store: reads connections on stdin, dials each, prints the traces. */
import { text } from "node:stream/consumers";
import type { Connection } from "../model.ts";
import { WireSession } from "../wire/session.ts";
import { failureOf, type Trace } from "../wire/trace.ts";

export interface TrustRequest {
  readonly connection: Connection;
  readonly at: { readonly host: string; readonly port: number };
}

/** How long (ms) one dial may take. */
const TIMEOUT = 5_000;

async function dialOne({ connection, at }: TrustRequest): Promise<Trace> {
  const session = new WireSession(connection, { deadline: performance.now() + TIMEOUT, through: at });
  try {
    await session.open();
    await session.connect();
    session.trace.complete = true;
  } catch (error) {
    session.trace.failure = failureOf(error);
  } finally {
    session.close();
  }
  return session.trace;
}

process.stdout.on("error", () => process.exit(1)); // whoever asked is gone
const requests = JSON.parse(await text(process.stdin)) as readonly TrustRequest[];
process.stdout.write(JSON.stringify(await Promise.all(requests.map(dialOne))));
