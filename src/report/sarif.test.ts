import { Ajv } from "ajv";
import { describe, expect, it, test } from "vitest";
import { HOSTILE, hostileReport, mixedReport, report } from "../testing/reports.ts";
import { sarif } from "./sarif.ts";

const text = { type: "string", minLength: 1 };
const message = object({ text }, ["text"]);
const index = { type: "integer", minimum: 0 };
const uri = { type: "string", pattern: "^https://" };
const time = { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$" };
const level = { enum: ["none", "note", "warning", "error"] };

function object(properties: object, required: readonly string[] = []) {
  return { type: "object", properties, required, additionalProperties: false };
}

const rule = object(
  {
    id: text,
    name: text,
    shortDescription: message,
    fullDescription: message,
    help: message,
    helpUri: uri,
    defaultConfiguration: object({ level }),
    properties: { type: "object" },
  },
  ["id"],
);
const location = object({
  physicalLocation: object({
    artifactLocation: object({
      uri: { type: "string", pattern: "^[A-Za-z0-9._~!$&'()*+,;=:@/%-]+$" },
      uriBaseId: text,
    }),
    region: object({ startLine: { type: "integer", minimum: 1 } }),
  }),
  logicalLocations: { type: "array", items: object({ fullyQualifiedName: text, kind: text }) },
});
const result = object(
  {
    ruleId: text,
    ruleIndex: index,
    level,
    message,
    locations: { type: "array", items: location },
    partialFingerprints: { type: "object", additionalProperties: text },
  },
  ["message"],
);
const driver = object(
  {
    name: text,
    semanticVersion: text,
    informationUri: uri,
    rules: { type: "array", items: rule, uniqueItems: true },
  },
  ["name"],
);
const run = object(
  {
    tool: object({ driver }, ["driver"]),
    invocations: {
      type: "array",
      items: object({ executionSuccessful: { type: "boolean" }, startTimeUtc: time, endTimeUtc: time }, [
        "executionSuccessful",
      ]),
    },
    originalUriBaseIds: { type: "object", additionalProperties: object({ description: message }) },
    results: { type: "array", items: result },
    properties: { type: "object" },
  },
  ["tool"],
);
/** What SARIF 2.1.0 §3 says of the properties used here; an unknown one is most likely a misspelt one. */
const SCHEMA = object({ $schema: uri, version: { const: "2.1.0" }, runs: { type: "array", items: run } }, [
  "version",
  "runs",
]);

const validate = new Ajv({ allErrors: true, strict: false }).compile(SCHEMA);

function read(document: string) {
  const parsed = JSON.parse(document);
  validate(parsed);
  expect(validate.errors ?? []).toEqual([]);
  return parsed.runs[0];
}

test.each([
  ["every kind of result", mixedReport()],
  ["hostile texts", hostileReport()],
  ["a good run", report()],
])("%s fits SARIF 2.1.0", (_, one) => {
  const { results, tool } = read(sarif(one));
  for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
});

it("shows what would not be seen", () => {
  const { results, tool } = read(sarif(hostileReport()));
  const texts = [...results, ...tool.driver.rules].flatMap(({ message, help, fullDescription }) =>
    [message, help, fullDescription].flatMap((one) => one?.text ?? []),
  );
  expect(texts.length).toBeGreaterThan(8);
  for (const text of texts.filter((one) => one.includes("[31m")))
    expect(text).toContain("\\u001b[31m\\u202e");
  expect(texts.join("\n")).toContain("[31m");
  expect(texts.join("\n")).not.toMatch(/[\u0000-\u0009\u007f-\u009f\u202e\ufffe]/);
});

describe("every kind of result", () => {
  const { results, tool, invocations } = read(sarif(mixedReport()));

  it("has a result for what is not as promised, and for nothing else", () => {
    const told = results.map((one: { ruleId: string; level: string }) => [one.ruleId, one.level]);
    expect(told).toEqual([
      ["tls/starts", "error"],
      ["token/inconclusive", "warning"],
      ["token/fail", "error"],
    ]);
    expect(invocations[0].executionSuccessful).toBe(false);
  });

  it("says what was promised, what came, what to do, and what both sides saw", () => {
    expect(results[2].message.text).toMatch(
      /^a check: fail: expected login, got ok\. The server must .* It got in.*\nLook at .*\nClient: -ERR .*\nServer: \[ERR\]/,
    );
    expect(results[2].partialFingerprints).toEqual({ "natsSandboxCheck/v1": "token/fail" });
  });

  it("has the promise of every check as a rule", () => {
    const ids = tool.driver.rules.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(["tls/starts", "token/pass", "token/inconclusive", "token/deviates", "token/fail"]);
    expect(tool.driver.rules[1].help.text).toMatch(/must turn this client away, because its login/);
    expect(tool.driver.rules[1].properties.tags).toContain("security");
    expect([tool.driver.name, tool.driver.semanticVersion]).toEqual(["nats-sandbox", "1.2.3"]);
  });
});

it("points at the file of settings, and where there is none, at where one would be", () => {
  const place = (one: ReturnType<typeof report>) =>
    read(sarif(one)).results[0].locations[0].physicalLocation.artifactLocation;
  const bad = { notStarted: [{ mode: "tls", error: HOSTILE }] };
  expect(place(report(bad))).toEqual({ uri: "nats-sandbox.yaml", uriBaseId: "%SRCROOT%" });
  expect(place(report({ ...bad, configFile: "ci/my nats.yaml" })).uri).toBe("ci/my%20nats.yaml");
});
