/** The JetStream API as far as a check needs it, spoken by the wire probe (ADR-31, nats-server's jetstream_api.go). */
import { SandboxError } from "../errors.ts";
import type { Connection, Step } from "../model.ts";
import { WireSession } from "../wire/session.ts";
import { pub, subscribeTo } from "./protocol.ts";

type StreamStep = Extract<Step, { op: "stream" }>;

/** What is stored; the same for the one who writes it and the one who reads it after a restart. */
const STORED = "kept by nats-sandbox";

interface Answer {
  readonly error?: { readonly description: string; readonly err_code: number };
  /** Of a stream. */
  readonly config?: object;
  /** Of a message stored: its number. */
  readonly seq?: number;
  readonly message?: { readonly data: string };
  /** Names, as many as the server puts into one answer. */
  readonly streams?: readonly string[] | null;
}

/** How long (ms) the deletion of all streams may take. */
const DELETE_TIMEOUT = 10_000;

/** Deletes every stream of a client's account. @throws SandboxError `usage` when there are none to be had, or it may not */
export async function deleteStreams(connection: Connection): Promise<void> {
  const session = new WireSession(connection, { deadline: performance.now() + DELETE_TIMEOUT });
  try {
    await session.open();
    await session.connect();
    const ask = await asker(session);
    const orFail = async (subject: string) => {
      const answer = await ask(subject, {});
      const [refused = answer.error?.description] = session.trace.errors;
      if (refused === undefined) return answer;
      throw new SandboxError("usage", "the streams cannot be deleted", {
        detail: `the server said: ${refused}`,
        fix: "start with JetStream, and as a client that may use all of its API",
      });
    };
    for (;;) {
      const { streams } = await orFail("$JS.API.STREAM.NAMES");
      if (!streams?.length) return;
      for (const name of streams) await orFail(`$JS.API.STREAM.DELETE.${name}`);
    }
  } finally {
    session.close();
  }
}

/** `err_code` of a stream that does not exist (nats-server, errors.json: JSStreamNotFoundErr). */
const NO_SUCH_STREAM = 10059;

/** True when what the step asks for has come about. */
export async function streamStep(session: WireSession, step: StreamStep): Promise<boolean> {
  const { does, subject, storage } = step;
  const ask = await asker(session);
  const name = `nats-sandbox-${storage}`;
  const make = () =>
    ask(`$JS.API.STREAM.CREATE.${name}`, { name, subjects: [subject], storage, num_replicas: 1 });
  switch (does) {
    case "make":
      return (await make()).config !== undefined;
    case "write":
      await make();
      return (await ask(subject, STORED)).seq === 1;
    case "find":
      return (await ask(`$JS.API.STREAM.INFO.${name}`, {})).config !== undefined;
    case "miss":
      return (await ask(`$JS.API.STREAM.INFO.${name}`, {})).error?.err_code === NO_SUCH_STREAM;
    case "read": {
      const { message } = await ask(`$JS.API.STREAM.MSG.GET.${name}`, { seq: 1 });
      return message !== undefined && Buffer.from(message.data, "base64").toString() === STORED;
    }
  }
}

/** Sends one request after the other; their answers come to one inbox, in order. */
async function asker(session: WireSession): Promise<(subject: string, body: unknown) => Promise<Answer>> {
  const inbox = session.newInbox();
  await subscribeTo(session, inbox);
  let asked = 0;
  return async (subject, body) => {
    asked += 1;
    session.send(pub(`${subject} ${inbox}`, typeof body === "string" ? body : JSON.stringify(body)));
    await session.ping();
    if (session.trace.errors.length > 0) return {}; // refused: no answer will come
    const answer = readAnswer((await session.messageOn(inbox, asked)).payload);
    if (answer.error !== undefined) session.trace.notes.push(answer.error.description);
    return answer;
  };
}

/** A server without JetStream answers with a status and no body: nobody is there to respond (ADR-4). */
function readAnswer(payload: string): Answer {
  try {
    return JSON.parse(payload) as Answer;
  } catch {
    return { error: { description: "no answer of JetStream", err_code: 0 } };
  }
}
