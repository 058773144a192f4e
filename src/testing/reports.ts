/** Reports for tests of the formats: one of every kind of result, and one in which every text is hostile. */

import { buildReport, type ReportInput } from "../report/report.ts";
import type { CertificateDetail, CheckResult, ModeDetail, Report, Verdict } from "../results.ts";
import { checkResult, finding } from "./results.ts";

/** What breaks markup, terminals, tables, commands and people's eyes. */
export const HOSTILE =
  "\"><script>alert(1)</script>'&]]>--> | `x` **b** @team #1 [a](https://evil.test) %0A::error::\u0000\u001b[31m\u202etxt\ufffe\ud800 🔐 ä,b:c\r\nsecond line";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 24, 6);

function certificate(
  name: string,
  use: CertificateDetail["use"],
  from: number,
  to: number,
): CertificateDetail {
  return {
    name,
    use,
    subject: `CN=${name}`,
    issuer: "CN=the CA",
    signed: name !== "stranger",
    names: ["localhost", "127.0.0.1"],
    extendedKeyUsage: ["serverAuth"],
    key: "P-256",
    notBefore: new Date(NOW + from).toISOString(),
    notAfter: new Date(NOW + to).toISOString(),
    sha256: "AB:CD",
  };
}

const DETAIL: ModeDetail = {
  mode: "token",
  title: "Token",
  why: "Whoever has the token gets in.",
  configs: [
    {
      server: "server",
      config: 'host: "127.0.0.1"  # sec:loopback\ntoken: "[secret]"  # sec:token\nport: -1\n',
    },
  ],
  certificates: [
    certificate("ca", "ca", -DAY, 60 * DAY),
    certificate("server", "server", -DAY, 28 * DAY),
    certificate("stranger", "check", -DAY, 28 * DAY),
    certificate("expired", "check", -DAY, -DAY / 48),
    certificate("not-yet-valid", "check", 14 * DAY, 28 * DAY),
  ],
};

export function report(more: Partial<ReportInput> = {}): Report {
  return buildReport({
    tool: "nats-sandbox 1.2.3",
    engine: "process",
    startedAt: new Date(NOW),
    ms: 640,
    servers: [{ mode: "token", id: "server", version: "2.15.1" }],
    results: [checkResult()],
    findings: [],
    skipped: [],
    notStarted: [],
    modes: [DETAIL],
    ...more,
  });
}

const BAD: Readonly<Record<Verdict, Partial<CheckResult>>> = {
  pass: {},
  fail: { got: "ok", reason: "expected login, got ok" },
  inconclusive: { reason: 'its control "the right token" did not get in' },
  deviates: { got: "ok", reason: "it takes any case" },
};

/** A check of each verdict, a mode that did not start, a mode and a check that were skipped, and a finding. */
export function mixedReport(): Report {
  const results = (["pass", "inconclusive", "deviates", "fail"] as const).map((verdict) =>
    checkResult({ check: `a check: ${verdict}`, id: `token/${verdict}`, verdict, ...BAD[verdict] }),
  );
  return report({
    results,
    findings: [finding()],
    skipped: [
      { mode: "token", id: "token/cli", reason: "needs the nats CLI on PATH", missing: "natscli" },
      { mode: "later", reason: "needs nats-server 2.99" },
    ],
    notStarted: [{ mode: "tls", error: "nats-server said: no such file" }],
  });
}

/** Names of modes and ids are checked before they are used; all else is somebody's text. */
export function hostileReport(): Report {
  const hostile = { check: HOSTILE, as: HOSTILE, server: HOSTILE, reason: HOSTILE };
  const evidence = { client: HOSTILE, server: [HOSTILE, "", HOSTILE] };
  const results = (["pass", "fail", "inconclusive", "deviates"] as const).map((verdict) =>
    checkResult({
      ...hostile,
      evidence,
      id: `token/${verdict}`,
      verdict,
      got: verdict === "fail" ? "ok" : "login",
    }),
  );
  const [ca] = DETAIL.certificates;
  if (ca === undefined) throw new Error("there is one");
  return report({
    tool: `nats-sandbox ${HOSTILE}`,
    servers: [{ mode: "token", id: HOSTILE, version: HOSTILE }],
    results,
    findings: [finding({ title: HOSTILE, driver: HOSTILE, text: HOSTILE })],
    skipped: [{ mode: "token", id: "token/cli", reason: HOSTILE }],
    notStarted: [{ mode: "tls", error: HOSTILE }],
    configFile: `${HOSTILE}.yaml`,
    modes: [
      {
        ...DETAIL,
        title: HOSTILE,
        why: HOSTILE,
        configs: [{ server: HOSTILE, config: HOSTILE }],
        certificates: [{ ...ca, subject: HOSTILE, issuer: HOSTILE, names: [HOSTILE], key: HOSTILE }],
      },
    ],
  });
}
