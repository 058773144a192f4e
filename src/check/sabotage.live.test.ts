/** Every check was seen red: for each there is a way to spoil its mode that makes this very check fail. */
import { beforeAll, describe, expect, it } from "vitest";
import { deciderOf } from "../classify.ts";
import type { Mode } from "../model.ts";
import type { CheckResult } from "../results.ts";
import { selectModes } from "../select.ts";
import { compareVersions } from "../server/capabilities.ts";
import { findServer } from "../server/find.ts";
import { checkId, mapFew, type Outcome, openWorkshop, redIn } from "../testing/sabotage.ts";
import { WAYS, type Way } from "../testing/sabotages.ts";
import { killed } from "../testing/spoilt-servers.ts";

const ALL = selectModes(["all"]);

/** gnatsd 1.x ignores `allow_non_tls`, and stays as it was. */
const IGNORED_BY_GNATSD = ["TLS beside plaintext"];

/** Checks that need no server that lives: one looks at how a server fails to start, the other reads its files. */
const WITHOUT_SERVER = new Set(["refuses-to-start", "only-hashes"]);

interface Run {
  readonly mode: Mode;
  readonly way: Way;
  readonly outcome: Outcome;
}

let version: string;
let untouched: readonly CheckResult[];
let dead: readonly (readonly [Mode, Outcome])[];
let runs: readonly Run[];

const AS_IT_IS: Way = { name: "as it is", breaks: "server", of: async () => ({}) };
const DEAD: Way = {
  name: "dead",
  breaks: "server",
  of: async () => killed(),
};

beforeAll(async () => {
  const binary = await findServer();
  version = binary.version;
  await using workshop = await openWorkshop(binary);
  const pairs = ALL.flatMap((mode) => [AS_IT_IS, DEAD, ...WAYS].map((way) => ({ mode, way })));
  const outcomes = await mapFew(pairs, async ({ mode, way }) => {
    const sabotage = await way.of(mode);
    return sabotage === undefined ? undefined : workshop.check(mode, sabotage);
  });
  const all = outcomes.flatMap(([pair, outcome]) => (outcome === undefined ? [] : [{ ...pair, outcome }]));
  untouched = all.filter(({ way }) => way === AS_IT_IS).flatMap(({ outcome }) => resultsOf(outcome));
  dead = all.filter(({ way }) => way === DEAD).map(({ mode, outcome }) => [mode, outcome]);
  runs = all.filter(({ way }) => WAYS.includes(way));
  console.log(`${ALL.length} modes, ${untouched.length} checks, ${runs.length} sabotages`);
}, 240_000);

function resultsOf(outcome: Outcome): readonly CheckResult[] {
  return "results" in outcome ? outcome.results : [];
}

/** The checks, `<mode>/<id>`, that turned red when something of this kind was spoilt. */
function redWhen(...kinds: readonly Way["breaks"][]): ReadonlySet<string> {
  const these = runs.filter(({ way }) => kinds.includes(way.breaks));
  return new Set(
    these.flatMap(({ mode, outcome }) => redIn(mode, resultsOf(outcome)).map((id) => `${mode.name}/${id}`)),
  );
}

/** All checks that this machine can run. */
function checks(which: (result: CheckResult) => boolean): readonly string[] {
  return untouched
    .filter(({ id, mode }) => ALL.some(({ name, checks }) => name === mode && checkId(id) in checks))
    .filter(which)
    .map(({ id }) => id);
}

describe("checks of a mode as it is", () => {
  it("run, all of them, and none is red", () => {
    expect(new Set(untouched.map(({ mode }) => mode))).toEqual(new Set(ALL.map(({ name }) => name)));
    const notGreen = untouched.filter(({ verdict }) => verdict !== "pass" && verdict !== "deviates");
    expect(notGreen).toEqual([]);
  });
});

describe("checks of a spoilt mode", () => {
  it("turn red for what the server does, each of them that the server decides", () => {
    const red = redWhen("server");
    expect(checks(({ expect }) => deciderOf(expect) === "server").filter((id) => !red.has(id))).toEqual([]);
  });

  it("turn red, each of them that the client decides", () => {
    const red = redWhen("server", "client");
    expect(checks(({ expect }) => deciderOf(expect) === "client").filter((id) => !red.has(id))).toEqual([]);
  });

  it("turn red, each refusal by the server, when its log does not tell of that connection", () => {
    const red = redWhen("evidence");
    const refusals = checks(({ expect }) => expect !== "ok" && deciderOf(expect) === "server");
    expect(refusals.length).toBeGreaterThan(50);
    expect(refusals.filter((id) => !red.has(id))).toEqual([]);
  });

  it("have servers that start, and do not stay green", () => {
    const ignored = compareVersions(version, "2.0.0") < 0 ? IGNORED_BY_GNATSD : [];
    const idle = runs.filter(({ mode, outcome }) => redIn(mode, resultsOf(outcome)).length === 0);
    expect(idle.filter(({ way }) => !ignored.includes(way.name))).toEqual([]);
  });

  it.each([
    ["a stranger's certificate", "server-untrusted"],
    ["an expired certificate", "server-expired"],
    ["a certificate for another host", "server-name"],
    ["INFO without TLS", "tls-not-offered"],
  ])("name what is wrong with the server: %s", (name, refusal) => {
    const results = runs.filter(({ way }) => way.name === name).flatMap(({ outcome }) => resultsOf(outcome));
    const seen = results.filter(({ id }) => ["trusted", "nats-js"].includes(checkId(id)));
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.map(({ id, got }) => ({ id, got }))).toEqual(seen.map(({ id }) => ({ id, got: refusal })));
  });
});

describe("what turned red", () => {
  it.each([
    ["the TLS of yesterday", "cipher", /^TLSv1.2 ECDHE-ECDSA-AES128-SHA$/],
    ["the TLS of yesterday", "tls-1.1", /^PONG, TLSv1.1 ECDHE-ECDSA-AES128-SHA$/],
    ["clients that never turn to TLS", "nothing-before-tls", /^the tap saw no TLS$/],
    ["every address", "listeners", /listens on \[?(::|0\.0\.0\.0)\]?:\d+$/],
    ["an engine that knows of no listener", "listeners", /listens on nothing$/],
  ])("says why: %s, %s", (name, id, says) => {
    const results = runs.filter(({ way }) => way.name === name).flatMap(({ outcome }) => resultsOf(outcome));
    const told = results.filter((one) => checkId(one.id) === id).map(({ evidence }) => evidence.client);
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((text) => !says.test(text))).toEqual([]);
  });
});

describe("checks of a dead server", () => {
  it("pass for nothing, not even those that expect to be turned away", () => {
    expect(dead.filter(([, outcome]) => resultsOf(outcome).length === 0)).toEqual([]);
    const green = dead.flatMap(([mode, outcome]) =>
      resultsOf(outcome).filter(
        ({ id, verdict }) =>
          verdict === "pass" && !WITHOUT_SERVER.has(mode.checks[checkId(id)]?.step?.op ?? ""),
      ),
    );
    expect(green).toEqual([]);
  });
});
