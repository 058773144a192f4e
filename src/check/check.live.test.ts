import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import type { SecretRef } from "../model.ts";
import type { CheckResult, SandboxEvent } from "../results.ts";
import type { RunningMode } from "../running/running.ts";
import { type Sandbox, startSandbox } from "../sandbox.ts";
import { strictPercentEncode } from "../secrets.ts";
import { selectModes } from "../select.ts";
import { compareVersions } from "../server/capabilities.ts";
import { type CheckOutcome, checkModes } from "./check.ts";

const ALL = selectModes(["all"]);

let home: string;
let sandbox: Sandbox;
let outcome: CheckOutcome;
let leftBehind: readonly string[];
const events: SandboxEvent[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "check-live-"));
  sandbox = await startSandbox(ALL, { home: join(home, "state"), name: "checks" });
  const scratch = await mkdtemp(join(home, "scratch-"));
  outcome = await checkModes(sandbox.running, {
    emit: (event) => events.push(event),
    timeout: 30_000,
    scratch,
  });
  leftBehind = await readdir(scratch);
});
afterAll(async () => {
  await sandbox?.stop();
  await rm(home, { recursive: true, force: true });
});

/** Every secret of a mode, those for checks too. */
function secretsOf(running: RunningMode): readonly string[] {
  return Object.entries(running.mode.secrets ?? {}).flatMap(([name, recipe]) => {
    const fields = [recipe.kind, ...(recipe.hash === undefined ? [] : ["hash"])];
    return fields.map(
      (field) => running.login({ password: `$${name}.${field}` as SecretRef })?.password ?? "",
    );
  });
}

function resultOf(id: string): CheckResult {
  const found = outcome.results.find((result) => result.id === id);
  if (found === undefined) throw new Error(`${id} was not run`);
  return found;
}

/** Connections that lines of a server are about. */
function connectionsIn(lines: readonly string[]): readonly string[] {
  return [...new Set(lines.map((line) => / - cid:(\d+) - /.exec(line)?.[1] ?? "none"))];
}

describe("the modes", () => {
  it("are as promised: no check fails, none proves nothing", () => {
    expect(outcome.results.filter(({ verdict }) => verdict === "fail" || verdict === "inconclusive")).toEqual(
      [],
    );
    expect(sandbox.failed).toEqual([]);
  });

  it("run every check and every finding, or say why not", () => {
    for (const mode of ALL) {
      const known = [...Object.keys(mode.checks), ...Object.keys(mode.findings ?? {})];
      const { results, findings, skipped } = outcome;
      const told = [...results, ...findings, ...skipped].filter((one) => one.mode === mode.name);
      expect(told.map(({ id }) => id).sort()).toEqual(known.map((id) => `${mode.name}/${id}`).sort());
    }
    for (const { reason } of outcome.skipped) expect(reason).toMatch(/^needs /);
  });

  it("tell each result once as it comes, and each skip", () => {
    const told = events.flatMap((event) => (event.type === "check" ? [event.result] : []));
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
    expect(new Set(told)).toEqual(new Set(outcome.results));
    expect(events.flatMap((event) => (event.type === "skip" ? [event.skip] : []))).toEqual(
      expect.arrayContaining([...outcome.skipped]),
    );
    for (const { name } of ALL) {
      const phases = events.flatMap((event) =>
        event.type === "phase" && event.mode === name ? [event.phase] : [],
      );
      expect(phases).toEqual(["checking", "checked"]);
    }
  });

  it("leave no file of any client behind", () => {
    expect(leftBehind).toEqual([]);
  });
});

describe("the evidence", () => {
  it("holds no secret, in no form", () => {
    const text = JSON.stringify([outcome, events]);
    for (const running of sandbox.running) {
      const secrets = secretsOf(running);
      expect(secrets).not.toContain("");
      for (const secret of secrets) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
        expect(text).not.toContain(strictPercentEncode(secret));
      }
    }
    expect(text).not.toContain("PRIVATE KEY");
    expect(sandbox.running.flatMap(secretsOf).length).toBeGreaterThan(10);
  });

  it("masks a token that the server quotes as a user name, which 2.15 does", () => {
    const { evidence } = resultOf("token/as-user");
    const quoted = evidence.server.filter((line) => line.includes("User "));
    if (compareVersions(sandbox.engine.version, "2.15.0") >= 0) expect(quoted).toHaveLength(1);
    for (const line of quoted) expect(line).toMatch(/ - User "\[secret\]"$/);
  });

  it("of a refusal by the server is its own line about one connection, which is no other check's", () => {
    const refused = outcome.results.filter(
      ({ expect: expected, decidedBy }) => expected !== "ok" && decidedBy === "server",
    );
    expect(refused.length).toBeGreaterThan(100);
    const seen = new Map<string, string>();
    for (const { id, mode, server, evidence } of refused) {
      const [connection, ...more] = connectionsIn(evidence.server);
      expect({ id, connection, more }).toEqual({ id, connection: expect.stringMatching(/^\d+$/), more: [] });
      const key = `${mode}/${server} ${connection}`;
      expect(seen.get(key), `${id} and ${seen.get(key)} share a connection`).toBeUndefined();
      seen.set(key, id);
    }
  });

  it("of a refusal by the client names its reason, and of whoever got in the PONG", () => {
    const own = outcome.results.filter(
      ({ expect: expected, decidedBy }) => expected !== "ok" && decidedBy === "client",
    );
    expect(own.length).toBeGreaterThan(20);
    for (const { id, evidence } of own) expect(evidence.client, id).toMatch(/^[A-Z_]+: \S/);
    for (const { id, evidence, driver } of outcome.results.filter(({ id }) =>
      /\/(right|trusted|nats-js)$/.test(id),
    ))
      expect(evidence.client, `${id} ${driver}`).toMatch(/^PONG/);
  });
});

test("what nats.js and the probe do today is recorded with their names", () => {
  const told = outcome.findings.map(({ id, driver }) => [id, driver.replace(/ [\d.]+$/, "")]);
  expect(told).toEqual(
    expect.arrayContaining([
      ["user-pass/url-nats-js", "nats.js"],
      ["user-pass/tls-url-nats-js", "nats.js"],
      ["user-pass/tls-url-wire", "wire probe"],
      ["token/url-nats-js", "nats.js"],
    ]),
  );
  for (const { text, evidence } of outcome.findings) {
    expect(text).toMatch(/^\S/);
    expect(evidence.client).not.toBe("nothing");
  }
});

test("the probe, told tls://, refuses a server without TLS and sends nothing", () => {
  const finding = outcome.findings.find(({ id }) => id === "user-pass/tls-url-wire");
  expect(finding?.evidence.client).toMatch(/^TLS_NOT_OFFERED/);
  expect(finding?.text).toMatch(/^refuses/);
});
