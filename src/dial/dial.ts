/** A Connection and a step, through a driver, to a raw outcome: what that client did and saw. */
import { codeOf } from "../errors.ts";
import type { Connection } from "../model.ts";
import { openTap } from "../tap.ts";
import { WireSession } from "../wire/session.ts";
import { failureOf, type Trace } from "../wire/trace.ts";
import type { DialRequest, Outcome } from "./request.ts";
import { newPayload, runStep } from "./steps.ts";

/** Does not throw for what a client or server does: that is the outcome. */
export async function dial(request: DialRequest): Promise<Outcome> {
  if (request.driver === "wire" && request.tapped !== true)
    return { trace: await dialWire(request, request.at) };
  await using tap = await openTap(request.at);
  const trace = await dialThrough(request, tap);
  const [record] = tap.records();
  if (record === undefined) return { trace };
  if (record.clientId !== undefined) trace.clientId ??= record.clientId;
  if (record.plaintext.includes("CONNECT ")) trace.connectSent = "plaintext";
  if (carriesLogin(record.plaintext, request.connection))
    trace.notes.push("the tap saw the login in plaintext");
  return { trace, tap: record };
}

function carriesLogin(plaintext: string, { login }: Connection): boolean {
  const secret = login?.password ?? login?.token;
  return secret !== undefined && secret !== "" && plaintext.includes(JSON.stringify(secret));
}

async function dialThrough(
  request: DialRequest,
  tap: { readonly host: string; readonly port: number },
): Promise<Trace> {
  switch (request.driver) {
    case "wire":
      return dialWire(request, tap);
    case "nats.js": {
      const { dialNatsJs } = await import("./nats-js.ts");
      return dialNatsJs(request, tap);
    }
    case "natscli": {
      const { dialNatscli } = await import("./natscli.ts");
      return dialNatscli(request, tap);
    }
  }
}

async function dialWire(
  request: DialRequest,
  through: { readonly host: string; readonly port: number },
): Promise<Trace> {
  const deadline = performance.now() + request.timeout;
  const session = new WireSession(request.connection, { deadline, through, contexts: request.contexts });
  const parties: WireSession[] = [];
  const party = async (client: string) => {
    const other = new WireSession(request.party(client), {
      deadline,
      through: request.at,
      contexts: request.contexts,
    });
    parties.push(other);
    await other.open();
    await other.connect();
    return other;
  };
  try {
    await session.open();
    await runStep(session, request.step, { party, second: request.second, payload: newPayload() });
  } catch (error) {
    if (codeOf(error) === undefined) throw error; // no client or server made this: it is a bug of ours
    session.trace.failure = failureOf(error);
  } finally {
    for (const one of [session, ...parties]) one.close();
  }
  return session.trace;
}
