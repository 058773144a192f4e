/** What every check of a running mode needs: the mode, time, room for files; how it dials and reads the server's log. */
import { type Classified, classify } from "../classify.ts";
import type { DialRequest } from "../dial/request.ts";
import type { DialStep } from "../dial/steps.ts";
import type { ClientSpec, DriverName } from "../model.ts";
import type { RunningMode } from "../running/running.ts";
import type { TlsContexts } from "../wire/tls-contexts.ts";
import type { Trace } from "../wire/trace.ts";

export interface CheckContext {
  readonly running: RunningMode;
  /** How long (ms) one dial may take. */
  readonly timeout: number;
  /** Directory for the files that clients need while they dial. */
  readonly scratch: string;
  readonly contexts: TlsContexts;
  /** The trace of a dial with the default trust store, made for this check beforehand. */
  readonly defaultTrust: (checkId: string) => Promise<Trace>;
}

/** What was found: `holds` when it is exactly what the step asks for. */
export interface Inspection {
  readonly holds: boolean;
  readonly client: string;
  readonly server: readonly string[];
}

/** How long (ms) the server may take to log that a connection is closed. */
export const STORY_TIMEOUT = 2_000;

/** What to dial; a second CONNECT dials as `as` is, and brings the login of `but` afterwards. */
export async function dialRequest(
  { running, timeout, scratch, contexts }: CheckContext,
  driver: DriverName,
  as: string,
  but: ClientSpec,
  step: DialStep,
): Promise<DialRequest> {
  const spec: ClientSpec = { ...running.mode.clients[as as "app"], ...but };
  const server = await running.server(spec.server ?? "server");
  return {
    driver,
    connection: running.connection(as, step.op === "second-connect" ? {} : but),
    step,
    at: server.address("client"),
    party: (client) => running.connection(client),
    second: spec.login == null ? undefined : running.login(spec.login),
    timeout,
    scratch,
    contexts,
  };
}

/** Classifies with the server's log of that very connection; every line of it redacted. */
export async function classifyTrace(
  running: RunningMode,
  serverName: string,
  trace: Trace,
): Promise<Classified> {
  const server = await running.server(serverName);
  const story = trace.clientId === undefined ? [] : await server.story(trace.clientId, STORY_TIMEOUT);
  const classified = classify(trace, story);
  return { ...classified, server: classified.server.map(running.redact) };
}
