/** What a check does once its client is in, spoken by the wire probe, with the other parties it needs. */
import { randomUUID } from "node:crypto";
import type { Login, Step } from "../model.ts";
import type { WireSession } from "../wire/session.ts";
import { pub, subscribeTo } from "./protocol.ts";
import { streamStep } from "./stream.ts";

/** Steps that talk NATS; the others look at the server from outside. */
export type DialStep = Extract<
  Step,
  {
    op:
      | "connect"
      | "before-connect"
      | "second-connect"
      | "publish"
      | "subscribe"
      | "request"
      | "respond"
      | "filter"
      | "stream";
  }
>;

export interface StepContext {
  /** Opens another client of the mode, already in. Closed by the caller of `runStep`. */
  party(client: string): Promise<WireSession>;
  /** The login of the second CONNECT. */
  readonly second: Login | undefined;
  /** What this dial publishes: checks run side by side on one server, and must not count each other's messages. */
  readonly payload: string;
}

export function newPayload(): string {
  return `nats-sandbox ${randomUUID()}`;
}

/** Runs a step on an open session; the session's trace tells how it went. Throws what ended it early. */
export async function runStep(session: WireSession, step: DialStep, context: StepContext): Promise<void> {
  if (step.op === "before-connect") return beforeConnect(session, step.send);
  await session.connect();
  session.trace.complete = await afterConnect(session, step, context);
}

async function beforeConnect(session: WireSession, bytes: string): Promise<void> {
  session.send(bytes);
  await session.closed();
}

/** True when everything that should have arrived did; what was refused is in `trace.errors`. */
async function afterConnect(
  session: WireSession,
  step: Exclude<DialStep, { op: "before-connect" }>,
  context: StepContext,
): Promise<boolean> {
  switch (step.op) {
    case "connect":
      return true;
    case "second-connect":
      await session.connect(context.second);
      return true;
    case "publish":
      return publish(session, step, context);
    case "subscribe":
      return subscribe(session, step, context);
    case "request":
      return converse(await context.party(step.responder), session, step.subject, 1, context.payload);
    case "respond":
      return respond(session, step, context);
    case "filter":
      return filter(session, step, context);
    case "stream":
      return streamStep(session, step);
  }
}

async function publish(
  session: WireSession,
  step: Extract<Step, { op: "publish" }>,
  context: StepContext,
): Promise<boolean> {
  const witness = step.witness === undefined ? undefined : await context.party(step.witness);
  if (witness !== undefined) await subscribeTo(witness, step.subject);
  session.send(
    step.headers === undefined
      ? pub(step.subject, context.payload)
      : hpub(step.subject, step.headers, context.payload),
  );
  await session.ping();
  if (witness === undefined) return true;
  await witness.ping();
  const seen = witness.received(context.payload).length;
  session.trace.notes.push(`${step.witness} received ${seen}`);
  return served(session, witness) && (session.trace.errors.length === 0 ? seen === 1 : seen === 0);
}

async function subscribe(
  session: WireSession,
  step: Extract<Step, { op: "subscribe" }>,
  context: StepContext,
): Promise<boolean> {
  await subscribeTo(session, step.subject, step.queue);
  if (step.source === undefined || step.sample === undefined) return true;
  const source = await context.party(step.source);
  source.send(pub(step.sample, context.payload));
  await source.ping();
  await session.ping();
  const seen = session.received(context.payload).length;
  session.trace.notes.push(`received ${seen}`);
  return served(session, source) && (session.trace.errors.length === 0 ? seen === 1 : seen === 0);
}

async function respond(
  session: WireSession,
  step: Extract<Step, { op: "respond" }>,
  context: StepContext,
): Promise<boolean> {
  const asker = await context.party(step.asker);
  await converse(session, asker, step.subject, step.replies, context.payload);
  const seen = asker.received(context.payload).length;
  session.trace.notes.push(`${seen} of ${step.replies} replies arrived`);
  return seen === (session.trace.errors.length === 0 ? step.replies : (step.allowed ?? 0));
}

/** `asker` requests, `responder` answers `replies` times; true when as many answers arrived. */
async function converse(
  responder: WireSession,
  asker: WireSession,
  subject: string,
  replies: number,
  payload: string,
): Promise<boolean> {
  await subscribeTo(responder, subject);
  if (responder.trace.errors.length > 0) return false; // nobody will ask it anything
  const inbox = asker.newInbox();
  await subscribeTo(asker, inbox);
  asker.send(pub(`${subject} ${inbox}`, payload));
  const { reply = "" } = await responder.message(payload);
  for (let i = 0; i < replies; i += 1) responder.send(pub(reply, payload));
  await responder.ping();
  await asker.ping();
  return asker.received(payload).length === replies;
}

async function filter(
  session: WireSession,
  step: Extract<Step, { op: "filter" }>,
  context: StepContext,
): Promise<boolean> {
  const source = await context.party(step.source);
  await subscribeTo(session, step.subject);
  source.send(pub(step.denied, context.payload) + pub(step.open, context.payload));
  await source.ping();
  await session.ping();
  const seen = session.received(context.payload).map((message) => message.subject);
  session.trace.notes.push(`received ${seen.join(", ") || "nothing"}`);
  return served(session, source) && seen.length === 1 && seen[0] === step.open;
}

/** Could the other party do its part? One that was refused itself has seen, or sent, nothing for no reason of ours. */
function served(session: WireSession, party: WireSession): boolean {
  const refused = party.trace.errors.map((text) => `the other party: -ERR '${text}'`);
  session.trace.notes.push(...refused);
  return refused.length === 0;
}

/** HPUB with NATS/1.0 headers (ADR-4). */
function hpub(subject: string, headers: Readonly<Record<string, string>>, payload: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `NATS/1.0\r\n${lines.join("")}\r\n`;
  return `HPUB ${subject} ${head.length} ${head.length + payload.length}\r\n${head}${payload}\r\n`;
}
