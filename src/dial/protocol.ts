/** The lines of the NATS protocol that several steps send. */
import type { WireSession } from "../wire/session.ts";

/** Subscribes, and waits until the server has taken or refused it. */
export async function subscribeTo(session: WireSession, subject: string, queue?: string): Promise<void> {
  session.send(queue === undefined ? `SUB ${subject} 1\r\n` : `SUB ${subject} ${queue} 1\r\n`);
  await session.ping();
}

/** PUB; `subject` may carry a reply subject behind a space. */
export function pub(subject: string, payload: string): string {
  return `PUB ${subject} ${payload.length}\r\n${payload}\r\n`;
}
