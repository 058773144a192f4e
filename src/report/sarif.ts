/** The report as SARIF 2.1.0, for code scanning: what is not as promised, and the promise of every check. */
import type { CheckResult, NotStarted, Report } from "../results.ts";
import { adviceOf, breachOf, promiseOf } from "./meaning.ts";
import { visible, visibleLine } from "./visible.ts";

const SITE = "https://github.com/nats-sandbox/nats-sandbox";
/** GitHub shows nothing without a file: where there is none, the place where one would be. */
const NO_FILE = "nats-sandbox.yaml";

export function sarif(report: Report): string {
  const { tool, results, notStarted, startedAt, ms, servers, engine } = report;
  const [name = tool, version = "0.0.0"] = tool.split(" ");
  const bad = results.filter(({ verdict }) => verdict === "fail" || verdict === "inconclusive");
  const document = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name,
            semanticVersion: version,
            informationUri: SITE,
            rules: [...notStarted.map(startRule), ...results.map(rule)],
          },
        },
        invocations: [
          {
            executionSuccessful: notStarted.length === 0,
            startTimeUtc: startedAt,
            endTimeUtc: new Date(Date.parse(startedAt) + ms).toISOString(),
          },
        ],
        originalUriBaseIds: { "%SRCROOT%": { description: { text: "The root of the repository." } } },
        results: [
          ...notStarted.map((one, i) => startResult(one, i, report)),
          ...bad.map((one) => result(one, notStarted.length + results.indexOf(one), report)),
        ],
        properties: { engine, servers },
      },
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function rule(result: CheckResult) {
  const { id, check, expect } = result;
  const promise = promiseOf(result);
  const help = `${visible(check)}. ${promise} Judged by what the client saw and by what the server logged of that connection.`;
  return {
    id,
    name: id.replaceAll("/", "."),
    shortDescription: { text: visible(check) },
    fullDescription: { text: `${visible(check)}. ${promise}` },
    help: { text: help },
    helpUri: `${SITE}/blob/main/docs/checks.md`,
    defaultConfiguration: { level: "error" },
    properties:
      expect === "ok" ? { tags: ["nats"] } : { tags: ["nats", "security"], "security-severity": "8.0" },
  };
}

function result(one: CheckResult, ruleIndex: number, report: Report) {
  const { id, check, verdict, expect, got, evidence } = one;
  const server = evidence.server.length === 0 ? ["logged nothing"] : evidence.server;
  const lines = [
    `${check}: expected ${expect}, got ${got}. ${promiseOf(one)} ${breachOf(one)}`,
    adviceOf(one),
    `Client: ${evidence.client}`,
    ...server.map((line) => `Server: ${line}`),
  ];
  return {
    ruleId: id,
    ruleIndex,
    level: verdict === "fail" ? "error" : "warning",
    message: { text: visible(lines.join("\n")) },
    ...place(id, report),
  };
}

function startRule({ mode }: NotStarted) {
  const text = `The server of ${mode} starts.`;
  return {
    id: `${mode}/starts`,
    name: `${mode}.starts`,
    shortDescription: { text },
    fullDescription: { text },
    help: { text: `${text} Nothing was checked of a mode that does not start.` },
    helpUri: `${SITE}/blob/main/docs/troubleshooting.md`,
    defaultConfiguration: { level: "error" },
    properties: { tags: ["nats"] },
  };
}

function startResult({ mode, error }: NotStarted, ruleIndex: number, report: Report) {
  const id = `${mode}/starts`;
  const text = visible(`${mode} did not start: ${error}`);
  return { ruleId: id, ruleIndex, level: "error", message: { text }, ...place(id, report) };
}

/** Where it is shown, and what makes it the same one in the next run. */
function place(id: string, { configFile = NO_FILE }: Report) {
  const uri = visibleLine(configFile).split("/").map(encodeURIComponent).join("/");
  return {
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri, uriBaseId: "%SRCROOT%" },
          region: { startLine: 1 },
        },
        logicalLocations: [{ fullyQualifiedName: id, kind: "module" }],
      },
    ],
    partialFingerprints: { "natsSandboxCheck/v1": id },
  };
}
