import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { stringify } from "yaml";
import { SandboxError } from "../errors.ts";
import type { Mode } from "../model.ts";
import { MODES } from "../modes/all.gen.ts";
import { HIDDEN, RIGHT_CONFIG, WRONG_OWN_MODES } from "../testing/wrong-configs.ts";
import { parseConfig } from "./parse.ts";

function parse(text: string, env: NodeJS.ProcessEnv = {}, modes = MODES) {
  return parseConfig(
    { path: "/nowhere/nats-sandbox.yaml", shown: "nats-sandbox.yaml", text },
    env,
    modes,
    {},
  );
}

function own(text: string, env: NodeJS.ProcessEnv = {}): Mode {
  const mode = parse(text, env).modes.at(-1);
  if (mode === undefined) throw new Error("no mode");
  return mode;
}

function failure(text: string, env: NodeJS.ProcessEnv = {}): SandboxError {
  try {
    parse(text, env);
  } catch (error) {
    if (error instanceof SandboxError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

const REFERENCE = /^\$[a-z-]+\.(user|password|token|hash)(:swapcase)?$/;

/** As the file writes it: a dollar that is part of a subject twice. */
function written(value: unknown): unknown {
  if (typeof value === "string") return REFERENCE.test(value) ? value : value.replaceAll("$", "$$$$");
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, written(one)]));
}

describe("an own mode", () => {
  test.each(MODES.map((mode) => [mode.name, mode] as const))("can be all that %s is", (name, mode) => {
    const { name: _, aliases: __, findings: ___, ...rest } = mode;
    const { findings: ____, aliases: _____, ...expected } = mode;
    const text = stringify({ own: { [name]: written(rest) } }, { aliasDuplicateObjects: false });
    expect(parse(text, {}, []).modes).toEqual([expected]);
  });

  it("may leave most of it out", () => {
    const mode = own("own: { bare: { servers: { server: {} }, clients: { app: {} } } }");
    expect(mode).toMatchObject({
      name: "bare",
      title: "bare",
      groups: [],
      servers: { server: { template: "users.conf" } },
    });
    expect(mode.why).toMatch(/^[A-Z].*\.$/);
    expect(mode).not.toHaveProperty("certificates");
    expect(
      own("own: { a: { servers: { server: {} }, certificates: {}, clients: { app: {} } } }"),
    ).not.toHaveProperty("certificates");
  });

  it("may leave out who does a check, and what it is called", () => {
    const checks = "checks: { gets-in: { expect: ok }, other: { title: T, as: b, expect: ok } }";
    const mode = own(`own: { a: { servers: { server: {} }, clients: { app: {}, b: {} }, ${checks} } }`);
    expect(mode.checks).toEqual({
      "gets-in": { title: "gets-in", as: "app", expect: "ok" },
      other: { title: "T", as: "b", expect: "ok" },
    });
  });

  it("comes after the built-in ones, which stay as they are", () => {
    expect(parse(RIGHT_CONFIG).modes.map(({ name }) => name)).toEqual([
      ...MODES.map(({ name }) => name),
      "shop",
    ]);
    expect(parse(RIGHT_CONFIG).modes.slice(0, -1)).toEqual(MODES);
  });

  it("has sizes in bytes", () => {
    const mode = (limits: string) =>
      own(`own: { a: { jetstream: ${limits}, servers: { server: {} }, clients: { app: {} } } }`).jetstream;
    expect(mode("{ memory: 64MB, disk: 1GiB }")).toEqual({ memory: 64 * 2 ** 20, disk: 2 ** 30 });
    expect(mode("{ memory: 512, disk: 3 KB }")).toEqual({ memory: 512, disk: 3072 });
  });

  it("gets what its variables say, where a value is wanted, and its references untouched", () => {
    const text = `own:
  a:
    secrets: { app: { kind: password, user: "\${USER_NAME:-ann}", value: $PASSWORD } }
    servers: { server: { ports: { client: $PORT }, users: [{ login: app }] } }
    clients: { app: { login: { user: $app.user, password: $app.password } } }`;
    const mode = own(text, { PASSWORD: "1234", PORT: "4222", app: "no" });
    expect(mode.secrets?.app).toEqual({ kind: "password", user: "ann", value: "1234" });
    expect(mode.servers.server?.ports).toEqual({ client: 4222 });
    expect(mode.clients.app?.login).toEqual({ user: "$app.user", password: "$app.password" });
  });

  it("may share parts by alias", () => {
    const mode = own(
      "own: { a: { servers: { server: &s {}, two: *s }, clients: { app: {}, b: { server: two } } } }",
    );
    expect(Object.keys(mode.servers)).toEqual(["server", "two"]);
  });

  it("may be called like what every object has", () => {
    const text = "own: { constructor: { servers: { server: {} }, clients: { app: { server: server } } } }";
    expect(own(text).name).toBe("constructor");
    const wrong = failure(text.replace("server: server", "present: constructor"));
    expect(wrong.message).toContain('"constructor"');
  });
});

describe("an own mode that is wrong", () => {
  it.each(WRONG_OWN_MODES)("$what", ({ text, at, says, env }) => {
    const { code, message, detail = "", fix = "" } = failure(text, env);
    expect(code).toBe("invalid-config");
    expect(message).toMatch(new RegExp(`^nats-sandbox\\.yaml:${at ?? "\\d+:\\d+"}: \\S`));
    const whole = [message, detail, fix].join("\n");
    for (const part of says) expect(whole).toContain(part);
    expect(whole).not.toContain(HIDDEN);
    expect(fix).toMatch(/\S/);
  });

  it("is told of everything at once, each at its place, and of nothing twice", () => {
    const text = RIGHT_CONFIG.replace("present: app", "present: ap, sever: x")
      .replace("$app.password", "$NOT_SET")
      .replace("login: hashed", "login: hash")
      .replace("witness: app", "witnes: app");
    const { message, detail = "" } = failure(text);
    const places = [message, ...detail.split("\n")].flatMap(
      (line) => /^\S+:(\d+):\d+: (.*)/.exec(line)?.slice(1, 3) ?? [],
    );
    expect(places).toEqual([
      "14",
      expect.stringContaining('"hash"'),
      "19",
      expect.stringContaining('"ap"'),
      "19",
      expect.stringContaining('"sever"'),
      "19",
      "the variable NOT_SET is not set",
      "23",
      expect.stringContaining('"witnes"'),
    ]);
  });

  it("is not told of without end", () => {
    const { detail = "" } = failure(Array.from({ length: 100 }, (_, i) => `key${i}: 1`).join("\n"));
    expect(detail).toMatch(/and 69 more$/);
    expect(detail.length).toBeLessThan(10_000);
  });
});

describe("docs/configuration.md", () => {
  const page = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);

  it("shows files that are right", () => {
    expect(blocks.length).toBeGreaterThan(1);
    expect(parse(blocks.join("")).selected).toEqual(["tls-verify", "orders"]);
  });

  it("shows what is said of one that is wrong", () => {
    const example = blocks.find((block) => block.includes("login: warehouse")) ?? "";
    const { message, detail, fix } = failure(example.replace("login: warehouse", "login: warehous"));
    expect(page).toContain(`✖ ${message}\n  ${detail}\n→ ${fix}\n`);
  });
});
