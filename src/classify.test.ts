import { describe, expect, it, test } from "vitest";
import { type Classified, classify, deciderOf, describeTrace } from "./classify.ts";
import type { Refusal } from "./model.ts";
import {
  ALERTS,
  alerted,
  CLOSED,
  login,
  publish,
  REAL,
  story,
  subscribe,
  TLS13,
  trace,
} from "./testing/refusals.ts";
import type { Trace } from "./wire/trace.ts";

describe("a refusal by the server", () => {
  test.each(REAL)("%s, as %s logs it", (refusal, _, seen, line) => {
    const lines = story(line);
    expect(classify(seen, lines)).toEqual({ got: refusal, decidedBy: "server", server: [lines[1]] });
    expect(deciderOf(refusal)).toBe("server");
  });

  test.each(REAL)("is none without the server's line: %s of %s", (_refusal, _version, seen) => {
    for (const lines of [[], story("[DBG] @ something else")]) {
      expect(classify(seen, lines)).toMatchObject({ got: "other", decidedBy: "client", server: lines });
      expect(classify(seen, lines).reason).toBeTruthy();
    }
  });

  test.each(REAL)(
    "is none for a client that got in, whatever the server says: %s of %s",
    (_r, _v, _, line) => {
      const inside = trace({ pong: true, complete: true, open: true, connectSent: "encrypted", tls: TLS13 });
      expect(classify(inside, story(line))).toMatchObject({ got: "ok", decidedBy: "server" });
      const partly = { ...inside, complete: false };
      expect(classify(partly, story(line)).got).toBe("other");
      const ended = { ...partly, open: false, failure: CLOSED };
      expect(classify(ended, story(line)).got).toBe("other");
      const { tls: _tls, ...plain } = ended;
      expect(classify(plain, story(line)).got).toBe("other");
    },
  );

  test.each(REAL.filter(([refusal]) => refusal !== "publish" && refusal !== "subscribe"))(
    "is none while the connection is open: %s of %s",
    (_refusal, _version, seen, line) => {
      expect(classify({ ...seen, open: true }, story(line)).got).toBe("other");
    },
  );

  test.each(REAL.filter(([refusal]) => refusal === "publish" || refusal === "subscribe"))(
    "is none when the connection was closed, the message arrived, or another thing was refused: %s of %s",
    (refusal, _version, seen, line) => {
      expect(classify({ ...seen, open: false }, story(line)).got).toBe("other");
      expect(classify({ ...seen, open: false, failure: CLOSED }, story(line)).got).toBe("other");
      expect(classify({ ...seen, complete: false }, story(line)).got).toBe("other");
      const other = refusal === "publish" ? subscribe : publish;
      expect(classify(other, story(line)).got).toBe("other");
    },
  );

  it("is not told by a client that timed out", () => {
    const late = { code: "DEADLINE", message: "no PONG before the deadline" };
    const timedOut = trace({ open: true, failure: late, connectSent: "plaintext" });
    for (const [, , , line] of REAL)
      expect(classify(timedOut, story(line))).toMatchObject({ got: "timeout", reason: late.message });
  });

  it("needs the alert of a version that is too low, and no other", () => {
    const [, line = ""] = story("[ERR] @ TLS handshake error: tls: client offered only unsupported versions");
    for (const alert of [42, 48, 116]) expect(classify(alerted(alert), [line]).got).toBe("other");
    const reset = trace({ failure: { code: "ECONNRESET", message: "read ECONNRESET" } });
    expect(classify(reset, [line]).got).toBe("other");
  });

  it("is none for a certificate whose dates the server does not tell", () => {
    const line = "[ERR] @ TLS handshake error: x509: certificate has expired or is not yet valid: who knows";
    expect(classify(alerted(45), story(line)).got).toBe("other");
  });

  it("is told by the server alone where a reset overtook the alert", () => {
    const reset = { code: "ECONNRESET", message: "write ECONNRESET" };
    const seen = trace({ failure: reset, connectSent: "encrypted", tls: TLS13 });
    const line =
      "[ERR] @ TLS handshake error: tls: failed to verify certificate: x509: certificate signed by unknown authority";
    expect(classify(seen, story(line)).got).toBe("client-cert-untrusted");
  });
});

describe("a refusal by the client", () => {
  const EOF = story("[ERR] @ TLS handshake error: EOF", "Client connection closed: TLS Handshake Failure");
  const OWN: readonly (readonly [Refusal, string])[] = [
    ["server-untrusted", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["server-untrusted", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
    ["server-untrusted", "SELF_SIGNED_CERT_IN_CHAIN"],
    ["server-untrusted", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["server-untrusted", "CERT_SIGNATURE_FAILURE"],
    ["server-name", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["server-expired", "CERT_HAS_EXPIRED"],
    ["server-not-yet-valid", "CERT_NOT_YET_VALID"],
    ["server-usage", "INVALID_PURPOSE"],
    ["tls-not-offered", "TLS_NOT_OFFERED"],
  ];
  const own = (code: string, more: Partial<Trace> = {}) =>
    trace({ failure: { code, message: code }, ...more });

  test.each(OWN)("%s is %s before any CONNECT", (refusal, code) => {
    for (const lines of [EOF, []])
      expect(classify(own(code), lines)).toEqual({ got: refusal, decidedBy: "client", server: lines });
    expect(classify(own(code, { open: true }), EOF).got).toBe(refusal);
    expect(deciderOf(refusal)).toBe("client");
  });

  test.each(OWN)("%s is none once CONNECT was sent, or the client had been in", (_, code) => {
    expect(classify(own(code, { connectSent: "plaintext" }), EOF).got).toBe("other");
    expect(classify(own(code, { connectSent: "encrypted", tls: TLS13 }), EOF).got).toBe("other");
    expect(classify(own(code, { pong: true }), EOF).got).toBe("other");
  });

  it("is not a code that only begins or ends like one", () => {
    for (const code of [
      "XCERT_HAS_EXPIRED",
      "CERT_HAS_EXPIRED_2",
      "TLS_NOT_OFFERED_YET",
      "NOT_INVALID_PURPOSE",
    ])
      expect(classify(own(code), EOF).got).toBe("other");
  });

  it("is not an alert of the server", () => {
    for (const alert of Object.keys(ALERTS)) expect(classify(alerted(Number(alert)), EOF).got).toBe("other");
  });
});

describe("everything else is a fault, which nobody can expect", () => {
  const failing = (code: string) => trace({ failure: { code, message: code } });

  test.each<[Classified["got"], string]>([
    ["unreachable", "ECONNREFUSED"],
    ["unreachable", "EHOSTUNREACH"],
    ["unreachable", "ENETUNREACH"],
    ["unreachable", "ENOTFOUND"],
    ["timeout", "DEADLINE"],
    ["timeout", "TimeoutError"],
    ["other", "ECONNRESET"],
    ["other", "CLOSED"],
    ["other", "PROTOCOL"],
    ["other", "EPROTO"],
    ["other", "ERROR"],
  ])("%s: %s", (fault, code) => {
    expect(classify(failing(code), [])).toMatchObject({ got: fault, decidedBy: "client" });
    expect(classify(failing(code), []).reason).toBeTruthy();
  });

  it("is not `ok` for a trace with nothing in it, nor with a PONG and an error or a failure", () => {
    const inside = trace({ pong: true, complete: true, open: true });
    expect(classify(trace({}), []).got).toBe("other");
    expect(classify(trace({ complete: true, open: true }), []).got).toBe("other");
    expect(classify({ ...inside, errors: ["Stale Connection"] }, []).got).toBe("other");
    expect(classify({ ...inside, failure: CLOSED }, []).got).toBe("other");
    expect(classify(inside, []).got).toBe("ok");
  });

  it("tells why it is not the refusal that it looks like", () => {
    expect(classify(login, []).reason).toMatch(/server logged nothing/);
    expect(classify(login, story("[DBG] @ x")).reason).toMatch(/no refusal that we know/);
    expect(classify(trace({ pong: true, open: true }), story("[DBG] @ x")).reason).toMatch(
      /got in, but not everything/,
    );
  });
});

test.each<[string, Trace]>([
  ["nothing", trace({})],
  ["PONG", trace({ pong: true, complete: true, open: true })],
  ["PONG, TLSv1.3 TLS_AES_128_GCM_SHA256", trace({ pong: true, tls: TLS13 })],
  ["-ERR 'Authorization Violation', the server closed the connection", login],
  ["TLS alert 48, TLSv1.3 TLS_AES_128_GCM_SHA256", alerted(48)],
  ["TLS alert 70", alerted(70)],
  ["DEADLINE: late", trace({ failure: { code: "DEADLINE", message: "late" } })],
  [
    `PONG, -ERR '${publish.errors[0]}', still connected, service received 0`,
    { ...publish, notes: ["service received 0"] },
  ],
  [
    "PONG, -ERR 'Authorization Violation', the server closed the connection, disconnected",
    { ...login, pong: true },
  ],
])("the evidence reads: %s", (text, seen) => {
  expect(describeTrace(seen)).toBe(text);
});
