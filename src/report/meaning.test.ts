import { expect, it, test } from "vitest";
import type { CheckResult } from "../results.ts";
import { checkResult } from "../testing/results.ts";
import { adviceOf, breachesByMode, breachOf, promiseOf, worstFirst } from "./meaning.ts";

const failed = (more: Partial<CheckResult>) => checkResult({ verdict: "fail", ...more });

test.each<[Partial<CheckResult>, string]>([
  [{ expect: "ok" }, "This must work."],
  [{ expect: "login" }, "The server must turn this client away, because its login is not a right one."],
  [
    { expect: "server-name", decidedBy: "client" },
    "The client must break off, because the server's certificate is for another host.",
  ],
])("promises, of %j", (more, text) => expect(promiseOf(checkResult(more))).toBe(text));

test.each<[Partial<CheckResult>, RegExp]>([
  [{ expect: "login", got: "ok" }, /^It got in, and nobody turned it away\.$/],
  [{ expect: "ok", got: "login" }, /^It was turned away: its login/],
  [{ expect: "login", got: "publish" }, /^It was turned away for another reason: it may not publish/],
  [{ expect: "login", got: "unreachable" }, /^Nobody answered/],
  [{ expect: "login", got: "timeout" }, /^Neither side came to an end/],
  [{ expect: "ok", got: "other" }, /^What was found is not what the mode promises/],
  [{ expect: "login", got: "other", reason: "ECONNRESET" }, /neither .* nor .*: ECONNRESET/],
  [
    { expect: "login", got: "login", reason: "no line of the server" },
    /evidence is not: no line of the server/,
  ],
  [{ verdict: "inconclusive", reason: "its control failed" }, /^It proves nothing: its control failed/],
])("says what broke, of %j", (more, text) => expect(breachOf(failed(more))).toMatch(text));

test.each<[Partial<CheckResult>, RegExp]>([
  [{ expect: "client-cert-missing", got: "ok" }, /verify and ca_file/],
  [{ expect: "ok", got: "publish" }, /permissions/],
  [{ expect: "login", got: "unreachable" }, /nats-sandbox check token/],
  [{ verdict: "inconclusive" }, /control/],
])("says what to do, of %j", (more, text) => expect(adviceOf(failed(more))).toMatch(text));

it("has whoever got in first, what is inconclusive last, and nothing that is as promised", () => {
  const all = [
    checkResult({ id: "a/pass" }),
    checkResult({ id: "a/inconclusive", verdict: "inconclusive" }),
    failed({ id: "a/refused", expect: "ok", got: "login" }),
    failed({ id: "a/in", expect: "login", got: "ok" }),
    checkResult({ id: "a/deviates", verdict: "deviates" }),
  ];
  expect(worstFirst(all).map(({ id }) => id)).toEqual(["a/in", "a/refused", "a/inconclusive"]);
});

it("counts by mode", () => {
  const breach = failed({ expect: "login", got: "ok" });
  const other = failed({ expect: "ok", got: "login" });
  const both = { mode: "tls", verdict: "inconclusive" } as const;
  expect(
    breachesByMode([
      breach,
      breach,
      other,
      checkResult(both),
      checkResult({ mode: "open" }),
      { ...other, mode: "x" },
    ]),
  ).toEqual([
    { mode: "token", text: "2 wrong clients got in, 1 other check failed" },
    { mode: "x", text: "1 check failed" },
    { mode: "tls", text: "1 inconclusive" },
  ]);
});
