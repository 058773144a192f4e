/** Refusals as real servers of four versions log them, each with what the client saw. */
import type { Refusal } from "../model.ts";
import { newTrace, type Trace } from "../wire/trace.ts";

export const ALERTS: Readonly<Record<number, string>> = {
  42: "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
  45: "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
  48: "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
  70: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  116: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
};
export const TLS13 = { version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" };
export const CLOSED = { code: "CLOSED", message: "the server closed the connection" };

export function trace(more: Partial<Trace>): Trace {
  return { ...newTrace(), ...more };
}

/** A handshake that ended with this alert of the server, under TLS 1.3 after the client took itself to be in. */
export function alerted(alert: number): Trace {
  const failure = { code: ALERTS[alert] ?? "", message: `SSL alert number ${alert}`, alert };
  return trace({ failure, ...(alert === 70 ? {} : { tls: TLS13 }) });
}

export const login = trace({
  errors: ["Authorization Violation"],
  failure: CLOSED,
  connectSent: "plaintext",
});
export const publish = trace({
  pong: true,
  complete: true,
  open: true,
  errors: ['Permissions Violation for Publish to "payments.new"'],
  connectSent: "plaintext",
});
export const subscribe = trace({
  pong: true,
  complete: true,
  open: true,
  errors: ['Permissions Violation for Subscription to "payments.new" using queue "readers"'],
  connectSent: "plaintext",
});
const plaintext = trace({ failure: CLOSED, connectSent: "plaintext" });

/** What the server logs of a connection besides the line that matters. */
export function story(line: string, ending = "Client connection closed: Client Closed"): readonly string[] {
  const at = "127.0.0.1:40001 - cid:7 - ";
  return [`[DBG] ${at}Client connection created`, line.replace("@ ", at), `[DBG] ${at}${ending}`];
}

/** Lines of real servers: gnatsd 1.4.1, nats-server 2.9.10, 2.10.26 and 2.15.1. */
export const REAL: readonly (readonly [Refusal, string, Trace, string])[] = [
  ["login", "1.4.1", login, "[ERR] @ authorization error"],
  ["login", "2.9", login, '[ERR] @ "v1:nats-sandbox" - authentication error - User "app"'],
  ["login", "2.9 of nats.js", login, '[ERR] @ "v3.4.0:nats.js" - authentication error'],
  ["login", "2.10", login, "[ERR] @ authentication error"],
  ["login", "2.15", login, '[ERR] @ authentication error - User "app"'],
  ["login", "2.15 of a token", login, '[ERR] @ authentication error - Token "[REDACTED]"'],
  [
    "login",
    "2.15 of a second CONNECT",
    { ...login, pong: true },
    '[ERR] @ "v1:nats-sandbox" - "$G/user:app" - authentication error - User "app"',
  ],
  ["publish", "1.4.1", publish, '[ERR] @ Publish Violation - User "app", Subject "payments.new"'],
  [
    "publish",
    "2.9",
    publish,
    '[ERR] @ "v1:nats-sandbox" - Publish Violation - User "app", Subject "payments.new"',
  ],
  ["publish", "2.10", publish, '[ERR] @ Publish Violation - User "app", Subject "payments.new"'],
  [
    "publish",
    "2.15",
    publish,
    '[ERR] @ "v1:nats-sandbox" - "$G/user:app" - Publish Violation - Subject "payments.new"',
  ],
  ["subscribe", "1.4.1", subscribe, '[ERR] @ Subscription Violation - User "app", Subject "news", SID 1'],
  [
    "subscribe",
    "2.9",
    subscribe,
    '[ERR] @ "v1:nats-sandbox" - Subscription Violation - User "app", Subject "x", Queue: "readers", SID 1',
  ],
  [
    "subscribe",
    "2.15",
    subscribe,
    '[ERR] @ "v1:nats-sandbox" - "$G/user:app" - Subscription Violation - Subject "news.*", SID 1',
  ],
  ...(["[ERR]", "[DBG]"] as const).map(
    (level) =>
      [
        "tls-required",
        level === "[ERR]" ? "1.4.1 to 2.10" : "2.15",
        plaintext,
        `${level} @ TLS handshake error: tls: first record does not look like a TLS handshake`,
      ] as const,
  ),
  [
    "tls-version",
    "all",
    alerted(70),
    "[ERR] @ TLS handshake error: tls: client offered only unsupported versions: [302 301]",
  ],
  ...[116, 42].map(
    (alert) =>
      [
        "client-cert-missing",
        alert === 42 ? "2.9" : "1.4.1, 2.10 and 2.15",
        alerted(alert),
        "[ERR] @ TLS handshake error: tls: client didn't provide a certificate",
      ] as const,
  ),
  ...verification("client-cert-untrusted", 48, "certificate signed by unknown authority"),
  ...verification(
    "client-cert-untrusted",
    48,
    'certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "nats-sandbox CA 8f9ba9a7")',
  ),
  ...verification(
    "client-cert-expired",
    45,
    "certificate has expired or is not yet valid: current time 2026-11-24T06:02:18Z is after 2026-11-23T06:02:17Z",
  ),
  ...verification(
    "client-cert-not-yet-valid",
    45,
    "certificate has expired or is not yet valid: current time 2026-11-24T06:02:18Z is before 2026-11-25T06:02:17Z",
  ),
  ...verification("client-cert-usage", 42, "certificate specifies an incompatible key usage"),
];

/** 2.9.10 was built with an old Go, which has another wording and the same alert for all; 2.15 names the certificates. */
function verification(refusal: Refusal, alert: number, x509: string) {
  const failed = "[ERR] @ TLS handshake error: tls: failed to verify";
  return [
    [refusal, "1.4.1 and 2.10", alerted(alert), `${failed} certificate: x509: ${x509}`],
    [refusal, "2.9", alerted(42), `${failed} client certificate: x509: ${x509}`],
    [refusal, "2.15", alerted(alert), `${failed} certificate: x509: ${x509} (CN=app SHA-256: 00ff)`],
  ] as const;
}
