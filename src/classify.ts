/** Raw outcome + the server's own lines -> ok, a Refusal or a Fault: one table. */
import type { Fault, Refusal, Side } from "./model.ts";
import type { Failure, Trace } from "./wire/trace.ts";

export interface Classified {
  readonly got: "ok" | Refusal | Fault;
  readonly decidedBy: Side;
  /** The server's lines that bear it out. */
  readonly server: readonly string[];
  /** Why this is not the refusal that it looks like. */
  readonly reason?: string;
}

/** A way to be turned away, and the evidence it takes: all that a row names must be there. */
interface Row {
  readonly refusal: Refusal;
  readonly decidedBy: Side;
  /** What the client must have seen. */
  readonly client: (trace: Trace) => boolean;
  /** What the server must have logged of this connection, if it decides: wordings of every version since 1.4.1. */
  readonly server?: RegExp;
}

const closed = (trace: Trace) => !trace.open && (trace.failure !== undefined || trace.errors.length > 0);
const violation = (kind: string) => (trace: Trace) =>
  trace.open && trace.errors.some((text) => text.startsWith(`Permissions Violation for ${kind} to `));
const handshake = (trace: Trace) => !trace.pong && trace.failure !== undefined && !trace.open;
/** The client's own refusal: it broke off before any CONNECT, for this reason. */
const ownRefusal = (codes: RegExp) => (trace: Trace) =>
  trace.connectSent === "no" && !trace.pong && codes.test(trace.failure?.code ?? "");

const ROWS: readonly Row[] = [
  {
    refusal: "login",
    decidedBy: "server",
    client: (trace) =>
      closed(trace) && (!trace.pong || trace.errors.some((text) => /^Authorization Violation$/i.test(text))),
    server: /authentication error|authorization error/i,
  },
  { refusal: "publish", decidedBy: "server", client: violation("Publish"), server: /Publish Violation/ },
  {
    refusal: "subscribe",
    decidedBy: "server",
    client: violation("Subscription"),
    server: /Subscription Violation/,
  },
  {
    refusal: "tls-required",
    decidedBy: "server",
    client: (trace) => closed(trace) && trace.tls === undefined && !trace.pong,
    server: /first record does not look like a TLS handshake/,
  },
  {
    refusal: "tls-version",
    decidedBy: "server",
    client: (trace) => handshake(trace) && trace.failure?.alert === 70,
    server: /client offered only unsupported versions/,
  },
  {
    refusal: "client-cert-missing",
    decidedBy: "server",
    client: handshake,
    server: /client didn't provide a certificate/,
  },
  {
    refusal: "client-cert-untrusted",
    decidedBy: "server",
    client: handshake,
    server: /certificate signed by unknown authority/,
  },
  {
    refusal: "client-cert-expired",
    decidedBy: "server",
    client: handshake,
    server: /certificate has expired or is not yet valid: .*is after/,
  },
  {
    refusal: "client-cert-not-yet-valid",
    decidedBy: "server",
    client: handshake,
    server: /certificate has expired or is not yet valid: .*is before/,
  },
  { refusal: "client-cert-usage", decidedBy: "server", client: handshake, server: /incompatible key usage/ },
  {
    refusal: "server-untrusted",
    decidedBy: "client",
    client: ownRefusal(/^(UNABLE_TO_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_SIGNATURE_FAILURE)/),
  },
  { refusal: "server-name", decidedBy: "client", client: ownRefusal(/^ERR_TLS_CERT_ALTNAME_INVALID$/) },
  { refusal: "server-expired", decidedBy: "client", client: ownRefusal(/^CERT_HAS_EXPIRED$/) },
  { refusal: "server-not-yet-valid", decidedBy: "client", client: ownRefusal(/^CERT_NOT_YET_VALID$/) },
  { refusal: "server-usage", decidedBy: "client", client: ownRefusal(/^INVALID_PURPOSE$/) },
  { refusal: "tls-not-offered", decidedBy: "client", client: ownRefusal(/^TLS_NOT_OFFERED$/) },
];

/** Which side decides a refusal; what gets in is decided by the server. */
export function deciderOf(expect: "ok" | Refusal): Side {
  return ROWS.find((row) => row.refusal === expect)?.decidedBy ?? "server";
}

/**
 * What a dial came to. A refusal by the server needs both its own line about that very connection and a client that
 * saw it; a refusal by the client needs the client's reason and a connection on which no CONNECT was sent.
 */
export function classify(trace: Trace, story: readonly string[]): Classified {
  if (trace.complete && trace.pong && trace.errors.length === 0 && trace.failure === undefined)
    return { got: "ok", decidedBy: "server", server: story };
  for (const row of ROWS) {
    if (!row.client(trace)) continue;
    if (row.server === undefined) return { got: row.refusal, decidedBy: row.decidedBy, server: story };
    const lines = story.filter((line) => row.server?.test(line));
    if (lines.length > 0 && stepHeld(trace, row))
      return { got: row.refusal, decidedBy: "server", server: lines };
  }
  return { got: faultOf(trace.failure), decidedBy: "client", server: story, reason: whyFault(trace, story) };
}

/** A refused publish or subscription counts only if the rest of the step went as it should. */
function stepHeld(trace: Trace, row: Row): boolean {
  return row.refusal === "publish" || row.refusal === "subscribe" ? trace.complete : true;
}

function faultOf(failure: Failure | undefined): Fault {
  if (failure?.code === "DEADLINE" || failure?.code === "TimeoutError") return "timeout";
  return /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND)$/.test(failure?.code ?? "")
    ? "unreachable"
    : "other";
}

function whyFault(trace: Trace, story: readonly string[]): string {
  if (faultOf(trace.failure) === "timeout") return trace.failure?.message ?? "no answer before the deadline";
  if (trace.pong && !trace.complete && trace.failure === undefined)
    return "it got in, but not everything arrived as it should";
  if (story.length === 0) return "the server logged nothing about this connection";
  return "what the client saw and what the server logged are no refusal that we know";
}

/** What the client saw, in one line for the evidence. */
export function describeTrace(trace: Trace): string {
  const { failure } = trace;
  const parts = [
    trace.pong ? "PONG" : undefined,
    ...trace.errors.map((text) => `-ERR '${text}'`),
    failure?.alert === undefined ? undefined : `TLS alert ${failure.alert}`,
    failure === undefined || failure.alert !== undefined ? undefined : describeFailure(failure),
    trace.pong && trace.errors.length > 0 ? (trace.open ? "still connected" : "disconnected") : undefined,
    trace.tls === undefined ? undefined : `${trace.tls.version} ${trace.tls.cipher}`,
    ...trace.notes,
  ];
  return parts.filter((part) => part !== undefined).join(", ") || "nothing";
}

function describeFailure({ code, message }: Failure): string {
  return code === "CLOSED" || code === "ERROR" ? message : `${code}: ${message}`;
}
