/** What a result means, in words for people who do not know this program: the promise, what broke it, what to do. */
import type { Refusal } from "../model.ts";
import type { CheckResult } from "../results.ts";

interface Meaning {
  /** Why a client is turned away. */
  readonly because: string;
  /** What decides it: where to look when it goes wrong. */
  readonly look: string;
}

const LOGIN = "the users, passwords and tokens in the server's config (authorization, accounts)";
const PERMISSIONS = "the permissions of that user in the server's config";
const SERVER_TLS = "the tls block of the server's config";
const CLIENT_CA = "verify and ca_file in the tls block of the server's config";
const SERVER_CERTIFICATE = "the certificate that the server shows, and the CA that the client trusts";
const CLIENT_CERTIFICATE = "the certificate that the client shows, and ca_file in the server's tls block";

const REFUSALS: Readonly<Record<Refusal, Meaning>> = {
  login: { because: "its login is not a right one", look: LOGIN },
  "auth-timeout": { because: "it did not log in in time", look: "the time-outs in the server's config" },
  publish: { because: "it may not publish to that subject", look: PERMISSIONS },
  subscribe: { because: "it may not subscribe to that subject", look: PERMISSIONS },
  "tls-required": { because: "it does not turn to TLS", look: SERVER_TLS },
  "tls-not-offered": { because: "it wants TLS and the server has none", look: SERVER_TLS },
  "tls-version": { because: "it offers old versions of TLS only", look: SERVER_TLS },
  "tls-cipher": { because: "it offers no cipher suite that the server takes", look: SERVER_TLS },
  "server-untrusted": { because: "it does not trust the server's CA", look: SERVER_CERTIFICATE },
  "server-name": { because: "the server's certificate is for another host", look: SERVER_CERTIFICATE },
  "server-expired": { because: "the server's certificate has expired", look: SERVER_CERTIFICATE },
  "server-not-yet-valid": { because: "the server's certificate is not valid yet", look: SERVER_CERTIFICATE },
  "server-usage": { because: "the server's certificate is not for servers", look: SERVER_CERTIFICATE },
  "client-cert-missing": { because: "it shows no certificate", look: CLIENT_CA },
  "client-cert-untrusted": { because: "its certificate is not of the trusted CA", look: CLIENT_CA },
  "client-cert-expired": { because: "its certificate has expired", look: CLIENT_CERTIFICATE },
  "client-cert-not-yet-valid": { because: "its certificate is not valid yet", look: CLIENT_CERTIFICATE },
  "client-cert-usage": { because: "its certificate is not for clients", look: CLIENT_CERTIFICATE },
  "client-cert-revoked": { because: "its certificate was revoked", look: CLIENT_CERTIFICATE },
  "client-cert-pinned": {
    because: "its certificate is not one of the pinned ones",
    look: CLIENT_CERTIFICATE,
  },
  "credentials-expired": { because: "its credentials have expired", look: "the expiry of the user's JWT" },
};

function refusalOf(outcome: string): Meaning | undefined {
  return Object.hasOwn(REFUSALS, outcome) ? REFUSALS[outcome as Refusal] : undefined;
}

/** What a mode promises by a check. */
export function promiseOf({ expect, decidedBy }: Pick<CheckResult, "expect" | "decidedBy">): string {
  const refusal = refusalOf(expect);
  if (refusal === undefined) return "This must work.";
  return decidedBy === "client"
    ? `The client must break off, because ${refusal.because}.`
    : `The server must turn this client away, because ${refusal.because}.`;
}

/** What came out instead. */
export function breachOf({ expect, got, verdict, reason }: CheckResult): string {
  if (verdict === "inconclusive") return `It proves nothing: ${reason ?? "unknown"}.`;
  const refusal = refusalOf(got);
  if (got === expect) return `The outcome is right, the evidence is not: ${reason ?? "unknown"}.`;
  if (got === "ok") return "It got in, and nobody turned it away.";
  if (got === "other" && expect === "ok") return "What was found is not what the mode promises.";
  if (refusal !== undefined)
    return `It was turned away${expect === "ok" ? "" : " for another reason"}: ${refusal.because}.`;
  if (got === "unreachable") return "Nobody answered, which proves nothing about security.";
  if (got === "timeout") return "Neither side came to an end in time, which proves nothing about security.";
  return `What was seen is neither a "yes" nor a known "no": ${reason ?? "see both sides below"}.`;
}

/** A client that gets in although it must not: nothing is worse. */
function isBreach({ verdict, expect, got }: CheckResult): boolean {
  return verdict === "fail" && expect !== "ok" && got === "ok";
}

/** What is not as promised, the worst first. */
export function worstFirst(results: readonly CheckResult[]): readonly CheckResult[] {
  const rank = (result: CheckResult) => (isBreach(result) ? 0 : result.verdict === "fail" ? 1 : 2);
  return results
    .filter(({ verdict }) => verdict === "fail" || verdict === "inconclusive")
    .sort((a, b) => rank(a) - rank(b));
}

/** In a line for each mode: how many got in that must not, and what else is wrong. */
export function breachesByMode(
  results: readonly CheckResult[],
): readonly { readonly mode: string; readonly text: string }[] {
  const bad = worstFirst(results);
  return [...new Set(bad.map(({ mode }) => mode))].map((mode) => {
    const own = bad.filter((result) => result.mode === mode);
    const breaches = own.filter(isBreach).length;
    const failed = own.filter(({ verdict }) => verdict === "fail").length - breaches;
    const parts = [
      [breaches, breaches === 1 ? "wrong client got in" : "wrong clients got in"],
      [failed, failed === 1 ? "other check failed" : "other checks failed"],
      [own.length - breaches - failed, "inconclusive"],
    ] as const;
    const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
    const text = breaches === 0 ? told.join(", ").replace(" other check", " check") : told.join(", ");
    return { mode, text };
  });
}

/** The next thing to do. */
export function adviceOf({ mode, expect, got, verdict }: CheckResult): string {
  if (verdict === "inconclusive")
    return "Mend what its control says first: the client that should get in must get in before a refusal counts.";
  if (got === "unreachable" || got === "timeout")
    return `See in the server's log whether it lived, then run it again: nats-sandbox check ${mode}.`;
  const look = (refusalOf(expect) ?? refusalOf(got))?.look ?? "the server's config";
  return `Look at ${look}; the lines that make it secure are marked # sec: there. If it is the server version, choose another with --server.`;
}
