/** The official JavaScript client as a driver: a second opinion, dialled through the tap. */
import type { NatsConnection } from "@nats-io/transport-node";
import { connect, PermissionViolationError } from "@nats-io/transport-node";
import { messageOf } from "../errors.ts";
import { viaTap } from "../tap.ts";
import { WireSession } from "../wire/session.ts";
import { failureOf, newTrace, type Trace, WireError } from "../wire/trace.ts";
import { natsJsOptions } from "./nats-js-options.ts";
import type { DialRequest } from "./request.ts";
import { newPayload } from "./steps.ts";

export async function dialNatsJs(
  request: DialRequest,
  tap: { readonly host: string; readonly port: number },
): Promise<Trace> {
  const trace = newTrace();
  const url = viaTap(request.connection.url, tap);
  // nats.js cannot parse a login before "localhost" (nats.js servers.ts); before an address it ignores it.
  if (url.username !== "") url.hostname = tap.host;
  try {
    await within(request.timeout, converse(request, url.href, trace));
    return trace;
  } catch (error) {
    const failure = { ...failureOf(error), code: nameOf(error) };
    if (failure.code === "AuthorizationError") trace.errors.push(messageOf(error));
    return { ...trace, failure }; // what is late may still write to the other one
  }
}

async function converse(request: DialRequest, url: string, trace: Trace): Promise<void> {
  const nc = await connect({
    ...natsJsOptions({ ...request.connection, url }),
    reconnect: false,
    ignoreClusterUpdates: true,
    timeout: request.timeout,
  });
  trace.pong = true;
  const watched = watchErrors(nc, trace);
  trace.complete = await act(nc, request, trace);
  trace.open = !nc.isClosed();
  await nc.close();
  await watched;
}

/** nats.js waits for ever for some answers. It is left behind then, and ends with the tap that it was dialled through. */
async function within(timeout: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new WireError("DEADLINE", "nats.js had no answer before the deadline");
    timer = setTimeout(() => reject(error), timeout);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** nats.js names its own errors by class, and passes on Node's with a code. */
function nameOf(error: unknown): string {
  const { code } = failureOf(error);
  if (code !== "ERROR") return code;
  if (/does not support 'tls'/.test(messageOf(error))) return "TLS_NOT_OFFERED";
  return error instanceof Error ? error.name : "ERROR";
}

async function watchErrors(nc: NatsConnection, trace: Trace): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === "error" && status.error instanceof PermissionViolationError)
      note(status.error, trace);
  }
}

async function act(nc: NatsConnection, request: DialRequest, trace: Trace): Promise<boolean> {
  const { step } = request;
  if (step.op === "publish") nc.publish(step.subject, newPayload());
  else if (step.op === "subscribe") nc.subscribe(step.subject, { callback: (error) => note(error, trace) });
  else if (step.op === "request") return ask(nc, request, step);
  await flush(nc);
  return true;
}

/** nats.js waits for ever for the answer of a server that has ended before it gave one. */
async function flush(nc: NatsConnection): Promise<void> {
  const gone = nc.closed().then((error) => {
    throw error || new Error("the connection was closed");
  });
  await Promise.race([nc.flush(), gone]);
}

function note(error: Error | null, trace: Trace): void {
  if (error !== null && !trace.errors.includes(error.message)) trace.errors.push(error.message);
}

async function ask(
  nc: NatsConnection,
  request: DialRequest,
  step: { readonly subject: string; readonly responder: string },
): Promise<boolean> {
  const deadline = performance.now() + request.timeout;
  const payload = newPayload();
  const responder = new WireSession(request.party(step.responder), { deadline, through: request.at });
  try {
    await responder.open();
    await responder.connect();
    responder.send(`SUB ${step.subject} 1\r\n`);
    await responder.ping();
    const [answer] = await Promise.all([
      nc.request(step.subject, payload, { timeout: request.timeout }),
      reply(responder, payload),
    ]);
    return answer.string() === payload;
  } finally {
    responder.close();
  }
}

async function reply(responder: WireSession, payload: string): Promise<void> {
  const question = await responder.message(payload);
  responder.send(`PUB ${question.reply} ${payload.length}\r\n${payload}\r\n`);
  await responder.ping();
}
