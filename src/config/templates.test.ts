/** What the file may say of templates and faults, against the templates and faults that there are. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadCatalogue } from "../pki/profiles.ts";
import { type RenderContext, renderConfig } from "../render.ts";
import { FAULTS_OF_SOME } from "./server-rules.ts";
import { DEFAULT_TEMPLATE, TEMPLATES } from "./templates.ts";

const FOLDER = new URL("../../templates/server/", import.meta.url);

function render(name: string, params: readonly string[], users: RenderContext["users"] = []): string {
  return renderConfig(name, {
    title: "test",
    host: "127.0.0.1",
    ports: { client: -1 },
    can: () => true,
    params: Object.fromEntries(params.map((param) => [param, `value-of-${param}`])),
    users,
    jetstream: undefined,
  });
}

it("knows every template there is: add a row to src/config/templates.ts for a new one", () => {
  const files = readdirSync(FOLDER).filter((file) => !file.startsWith("_"));
  expect(
    Object.keys(TEMPLATES)
      .map((name) => `${name}.eta`)
      .sort(),
  ).toEqual(files.sort());
  expect(Object.keys(TEMPLATES)).toContain(DEFAULT_TEMPLATE);
});

describe.each(Object.entries(TEMPLATES))("%s", (name, { needs, may = [], users }) => {
  it("can be rendered with what it needs, and with nothing less", () => {
    for (const param of needs) {
      expect(render(name, needs)).toContain(`value-of-${param}`);
      expect(() =>
        render(
          name,
          needs.filter((one) => one !== param),
        ),
      ).toThrow(param);
    }
  });

  it("uses what it may have", () => {
    const all = render(name, [...needs, ...may]);
    for (const param of may) expect(all).toContain(`value-of-${param}`);
    expect(render(name, needs)).not.toMatch(/undefined/);
  });

  it("takes users if it says so", () => {
    const text = render(name, needs, [{ user: "ann", password: "p" }]);
    expect(text.includes('"ann"')).toBe(users === true);
  });

  it("names no parameter that is not told of", () => {
    const text = readFileSync(new URL(`${name}.eta`, FOLDER), "utf8");
    const named = [...text.matchAll(/param\("(\w+)"\)|params\.(\w+)/g)].map(([, one, other]) => one ?? other);
    expect([...needs, ...may]).toEqual(expect.arrayContaining(named));
  });
});

it("knows which faults go with which profiles", async () => {
  const { faults, leaves } = await loadCatalogue();
  const some = [...faults].filter(([, fault]) => fault.for.length < Object.keys(leaves).length);
  expect(FAULTS_OF_SOME).toEqual(Object.fromEntries(some.map(([name, fault]) => [name, fault.for])));
});
