/** What one dial did and saw, by any driver: the raw outcome that is classified afterwards. */
import { codeOf, messageOf } from "../errors.ts";

/** INFO as servers of every version send it; a field is absent where it is false. */
export interface ServerInfo {
  readonly server_id?: string;
  readonly version?: string;
  readonly client_id?: number;
  readonly auth_required?: boolean;
  readonly tls_required?: boolean;
  readonly tls_available?: boolean;
  readonly tls_verify?: boolean;
  readonly headers?: boolean;
  readonly host?: string;
  readonly port?: number;
}

/** Why a dial ended early, as the client saw it. */
export interface Failure {
  /** A Node, OpenSSL or own code: ECONNRESET, CERT_HAS_EXPIRED, TLS_NOT_OFFERED, CLOSED, DEADLINE. */
  readonly code: string;
  readonly message: string;
  /** The number of the TLS alert received. Names differ between Node versions, numbers do not. */
  readonly alert?: number;
}

/** Everything one dial did and saw: the raw outcome that `classify` reads. Any driver makes one. */
export interface Trace {
  clientId?: number;
  info?: ServerInfo;
  /** A PONG answered the PING after CONNECT: only this is "in". */
  pong: boolean;
  /** The whole step went as meant, beyond getting in. */
  complete: boolean;
  /** Still connected after the step: a refused publish leaves the connection open. */
  open: boolean;
  /** `-ERR` texts, in order. */
  readonly errors: string[];
  failure?: Failure;
  /** CONNECT left this side; `plaintext`: unencrypted. A client's own refusal never gets so far. */
  connectSent: "no" | "plaintext" | "encrypted";
  tls?: { readonly version: string; readonly cipher: string };
  /** Remarks of a step, for the evidence. */
  readonly notes: string[];
}

export function newTrace(): Trace {
  return { pong: false, complete: false, open: false, errors: [], connectSent: "no", notes: [] };
}

export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A failure out of anything thrown while dialling. */
export function failureOf(error: unknown): Failure {
  const message = messageOf(error);
  const alert = /SSL alert number (\d+)/.exec(message)?.[1];
  const base = { code: codeOf(error) ?? "ERROR", message: firstLine(message) };
  return alert === undefined ? base : { ...base, alert: Number(alert) };
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
