import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import { hostileReport, mixedReport, report } from "../testing/reports.ts";
import { checkResult } from "../testing/results.ts";
import { junit } from "./junit.ts";

const schema = readFileSync(new URL("../testing/junit.xsd", import.meta.url), "utf8");

async function problems(xml: string): Promise<readonly string[]> {
  const { errors } = await validateXML({ xml, schema });
  return errors.map(({ message }) => message);
}

/** The attributes of the only element that begins like this. */
function attributes(xml: string, start: string): Readonly<Record<string, string>> {
  const [found = "", ...more] = [...xml.matchAll(/<[a-z-]+[^>]*>/g)]
    .map(([tag]) => tag)
    .filter((tag) => tag.startsWith(start));
  expect(more, `more than one ${start}`).toEqual([]);
  return Object.fromEntries(
    [...found.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
}

describe("the schema", () => {
  test.each([
    ["every kind of result", mixedReport()],
    ["hostile texts", hostileReport()],
    ["nothing at all", report({ servers: [], results: [], modes: [] })],
    ["checks of one title", report({ results: [checkResult(), checkResult({ id: "token/other" })] })],
  ])("takes %s", async (_, one) => expect(await problems(junit(one))).toEqual([]));

  test.each([
    ["an attribute that there is not", (xml: string) => xml.replace("<testcase ", '<testcase seconds="1" ')],
    ["two cases of a name", (xml: string) => xml.replace("a check: fail", "a check: pass")],
    ["a time with a zone", (xml: string) => xml.replace(/(timestamp="[^"]+)/, "$1Z")],
    [
      "an element in the wrong place",
      (xml: string) => xml.replace("</testsuite>", "<properties/></testsuite>"),
    ],
  ])("refuses %s", async (_, spoil) => expect(await problems(spoil(junit(mixedReport())))).not.toEqual([]));
});

describe("every kind of result", () => {
  const xml = junit(mixedReport());

  it("is counted", () => {
    expect(attributes(xml, "<testsuites")).toEqual({
      name: "nats-sandbox",
      tests: "7",
      failures: "1",
      errors: "2",
      time: "0.640",
    });
    expect(attributes(xml, '<testsuite name="token"')).toMatchObject({
      tests: "5",
      failures: "1",
      errors: "1",
      skipped: "1",
    });
    expect(attributes(xml, '<testsuite name="tls"')).toMatchObject({ tests: "1", errors: "1" });
    expect(attributes(xml, '<testsuite name="later"')).toMatchObject({ tests: "1", skipped: "1" });
  });

  it("is a case with class, name and seconds", () => {
    expect(xml).toContain('<testcase classname="nats-sandbox.token" name="a check: pass" time="0.001"/>');
  });

  it("has both sides' words where it failed, where it proves nothing, and where it deviates", () => {
    for (const [element, verdict] of [
      ["failure", "fail"],
      ["error", "inconclusive"],
      ["system-out", "deviates"],
    ]) {
      const [, said = ""] =
        new RegExp(`name="a check: ${verdict}"[^>]*>\\s*<${element}[^>]*>([^<]*)</${element}>`).exec(xml) ??
        [];
      expect(said, verdict).toMatch(/^client {4}-ERR &#39;Authorization Violation&#39;$/m);
      expect(said, verdict).toMatch(/^server {4}\[ERR\] authentication error$/m);
    }
  });

  it("says in the message what was promised and what came", () => {
    expect(attributes(xml, "<failure")).toEqual({
      message: expect.stringMatching(/must turn this client away.*It got in/),
      type: "ok",
    });
  });

  it("has the reason of a skip, the words of a server that did not start, and its version", () => {
    expect(xml).toContain('<skipped message="needs the nats CLI on PATH"/>');
    expect(xml).toMatch(/<error message="nats-server said: no such file" type="start-failed">/);
    expect(xml).toContain('<property name="nats-server.server" value="2.15.1"/>');
    expect(xml).toContain('<property name="engine" value="process"/>');
  });
});
