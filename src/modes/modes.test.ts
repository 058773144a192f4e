import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, promisify } from "node:util";
import { describe, expect, it, test } from "vitest";
import { controlOf } from "../check/control.ts";
import type { Check, ClientSpec, Finding, Mode } from "../model.ts";
import { MODES } from "./all.gen.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** Every text anywhere in a value. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function checksOf(mode: Mode): readonly (readonly [string, Check])[] {
  return Object.entries(mode.checks);
}

function negativeChecks(): readonly (readonly [string, Mode, string, Check])[] {
  return MODES.flatMap((mode) =>
    checksOf(mode)
      .filter(([, check]) => check.expect !== "ok")
      .map(([id, check]) => [`${mode.name}/${id}`, mode, id, check] as const),
  );
}

/** In what two checks of the same client differ: one line for each entry of `but`, and one for the step. */
function differences(one: Check, other: Check): readonly string[] {
  const [a, b]: readonly ClientSpec[] = [one.but ?? {}, other.but ?? {}];
  const slots = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]) as Set<keyof ClientSpec>;
  const differing = [...slots].filter((slot) => !isDeepStrictEqual(a?.[slot], b?.[slot]));
  const step = (check: Check) => check.step ?? { op: "connect" };
  return [
    ...differing.map((slot) => `but.${slot}`),
    ...(isDeepStrictEqual(step(one), step(other)) ? [] : ["step"]),
  ];
}

test("the registry is fresh and holds every file that is a mode, under its own name", async () => {
  await promisify(execFile)(process.execPath, ["scripts/gen-modes.mjs", "--check"], { cwd: REPOSITORY });
  const files = readdirSync(new URL(".", import.meta.url)).filter((file) => /^[a-z0-9-]+\.ts$/.test(file));
  expect(MODES.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort());
});

describe.each(MODES.map((mode) => [mode.name, mode] as const))("%s", (_, mode) => {
  it("is plain data", () => {
    expect(JSON.parse(JSON.stringify(mode))).toStrictEqual(mode);
  });

  it("says in words what it is", () => {
    expect(mode.name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(mode.title).toMatch(/^\S.*[^.]$/);
    expect(mode.why).toMatch(/^[A-Z].*\.$/);
    expect(mode.groups.length).toBeGreaterThan(0);
  });

  it("has checks whose titles tell them apart, under ids that can stand in a file name", () => {
    const titles = checksOf(mode).map(([, check]) => `${check.title} (${check.driver ?? "wire"})`);
    expect(new Set(titles).size).toBe(titles.length);
    const findings = Object.entries(mode.findings ?? {});
    const told = findings.map(([, finding]) => `${finding.title} (${finding.driver})`);
    expect(new Set(told).size).toBe(told.length);
    for (const title of [...titles, ...told]) expect(title).toMatch(/^\S.*\S \(/);
    const ids = [...Object.keys(mode.checks), ...Object.keys(mode.findings ?? {})];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]+([.-][a-z0-9]+)*$/);
  });

  it("has a client that gets in, by the judge and by nats.js", () => {
    const getsIn = (driver: string) =>
      checksOf(mode).some(
        ([, check]) =>
          check.as === "app" && check.expect === "ok" && (check.driver ?? "wire") === driver && !check.but,
      );
    expect(Object.keys(mode.clients)).toContain("app");
    expect({ wire: getsIn("wire"), "nats.js": getsIn("nats.js") }).toEqual({ wire: true, "nats.js": true });
  });

  it("has nats.js turned away once at least", () => {
    const refused = checksOf(mode).filter(([, check]) => check.driver === "nats.js" && check.expect !== "ok");
    expect(refused.length).toBeGreaterThan(0);
  });

  it("says what INFO promises and where it listens", () => {
    const steps = checksOf(mode).filter(([, { expect: expected }]) => expected === "ok");
    const ops = steps.map(([, check]) => check.step?.op);
    expect(ops).toEqual(expect.arrayContaining(["info", "listeners"]));
    if (mode.certificates !== undefined)
      expect(ops).toEqual(expect.arrayContaining(["chain", "cipher", "refuses-to-start"]));
  });

  it("refers to nothing that it does not have", () => {
    const clients = Object.keys(mode.clients);
    const servers = Object.keys(mode.servers);
    const certificates = Object.keys(mode.certificates ?? {});
    const everything: readonly (Check | Finding)[] = [
      ...Object.values(mode.checks),
      ...Object.values(mode.findings ?? {}),
    ];
    expect(servers).toContain("server");
    for (const { as } of everything) expect(clients).toContain(as);
    const specs = [...Object.values(mode.clients), ...everything.map(({ but }) => but ?? {})];
    for (const { present, server = "server" } of specs) {
      expect(servers).toContain(server);
      if (present != null) expect(certificates).toContain(present);
    }
    for (const [, { step, control }] of checksOf(mode)) {
      if (control !== undefined) expect(Object.keys(mode.checks)).toContain(control);
      if (step?.op === "refuses-to-start") expect(servers).toContain(step.server);
      if (step?.op === "chain") expect(certificates).toContain(step.certificate);
      for (const party of ["witness", "source", "responder", "asker"]) {
        const name = (step as Readonly<Record<string, unknown>> | undefined)?.[party];
        if (name !== undefined) expect(clients).toContain(name);
      }
    }
    for (const { template } of Object.values(mode.servers))
      expect(existsSync(new URL(`../../templates/server/${template}.eta`, import.meta.url))).toBe(true);
    expect(textsIn(mode).filter((text) => text.startsWith("$") && !isSecretRef(mode, text))).toEqual(
      textsIn(mode.checks).filter((text) => /^\$(SYS|JS)\./.test(text)),
    );
    for (const text of textsIn(mode.servers).filter((one) => one.startsWith("@") && one !== "@ca"))
      expect(certificates).toContain(/^@(.+)\.(cert|key)$/.exec(text)?.[1]);
  });

  it("has nothing that nobody uses", () => {
    const { secrets = {}, certificates = {}, ...rest } = mode;
    const used = textsIn(rest);
    for (const name of Object.keys(secrets))
      expect(
        used.some((text) => text.startsWith(`$${name}.`)),
        `secret ${name}`,
      ).toBe(true);
    for (const name of Object.keys(certificates)) {
      const refers = (text: string) => text === name || text.startsWith(`@${name}.`);
      expect(used.some(refers), `certificate ${name}`).toBe(true);
    }
    for (const name of Object.keys(mode.servers).filter((one) => one !== "server"))
      expect(used, `server ${name}`).toContain(name);
  });
});

/** A field that this secret has. */
function isSecretRef(mode: Mode, text: string): boolean {
  const [, name = "", field = ""] = /^\$(.+)\.(user|password|token|hash)(:swapcase)?$/.exec(text) ?? [];
  const recipe = mode.secrets?.[name];
  if (recipe === undefined) return false;
  if (field === "hash") return recipe.hash !== undefined;
  return recipe.kind === "token" ? field === "token" : field === "user" || field === "password";
}

describe("a check that expects a refusal", () => {
  test.each(negativeChecks())(
    "%s has a control that gets in by the same client and driver",
    (_, mode, id, check) => {
      const control = controlOf(mode, id, check);
      expect(control?.check).toMatchObject({ as: check.as, expect: "ok" });
      expect(control?.check.driver ?? "wire").toBe(check.driver ?? "wire");
    },
  );

  test.each(negativeChecks())("%s differs from its control in one thing", (_, mode, id, check) => {
    const control = controlOf(mode, id, check);
    expect(differences(check, control?.check ?? check)).toHaveLength(1);
  });

  test.each(negativeChecks())(
    "%s runs wherever its control runs, and the other way round",
    (_, mode, id, check) => {
      expect(controlOf(mode, id, check)?.check.needs).toBe(check.needs);
    },
  );

  it("has no deviation that is what is expected anyway", () => {
    for (const mode of MODES)
      for (const [, { deviates, expect: expected }] of checksOf(mode))
        if (deviates !== undefined) expect(deviates.got).not.toBe(expected);
  });
});
