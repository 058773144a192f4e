// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the file
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, test } from "vitest";
import { SandboxError } from "../errors.ts";
import { MODES } from "../modes/all.gen.ts";
import { hostNames } from "../pki/hosts.ts";
import { checkName } from "../state/state.ts";
import { HIDDEN, WRONG_FILES } from "../testing/wrong-configs.ts";
import type { Rules } from "./config.ts";
import { loadConfig } from "./load.ts";

const dir = realpathSync(mkdtempSync(join(tmpdir(), "nats-sandbox-config-")));
afterAll(() => rmSync(dir, { recursive: true }));

function load(text: string, env: NodeJS.ProcessEnv = {}, rules: Rules = {}) {
  writeFileSync(join(dir, "some.yaml"), text);
  return loadConfig("some.yaml", dir, env, MODES, rules);
}

function portsOf(modes: typeof MODES, name: string): unknown {
  const { servers = {} } = modes.find((mode) => mode.name === name) ?? {};
  return Object.fromEntries(Object.entries(servers).map(([id, { ports }]) => [id, ports]));
}

it("a file that is not there says nothing", async () => {
  expect(await loadConfig(undefined, dir, {}, MODES)).toEqual({ modes: MODES, selected: ["core"] });
});

test.each(["", "# nothing\n", "---\n", "{}", "\uFEFF", "name: a\r\n"])("%j is a file", async (text) => {
  const config = await load(text);
  expect(config).toMatchObject({ file: join(dir, "some.yaml"), modes: MODES, selected: ["core"] });
});

it("settings are taken as they are", async () => {
  const text = `
name: ci.1
engine: docker
server: v2.10.26
hosts: [nats.example.test, 192.0.2.7]
keyType: ed25519
monitor: false
jetstream: true
modes: [mtls, authentication, all]`;
  const { modes, file, ...settings } = await load(text.replace("authentication", "core"));
  expect(settings).toEqual({
    name: "ci.1",
    engine: "docker",
    server: "v2.10.26",
    hosts: ["nats.example.test", "192.0.2.7"],
    keyType: "ed25519",
    monitor: false,
    jetstream: true,
    selected: ["mtls", "core", "all"],
  });
});

it("variables are the numbers and truths that are wanted", async () => {
  const text =
    'monitor: $M\njetstream: "${J:-false}"\nports: { open: $P, tls: { server: "${Q:-4444}" } }\nname: $N';
  const config = await load(text, { M: "true", P: "4222", N: "12" });
  expect(config).toMatchObject({ monitor: true, jetstream: false, name: "12" });
  expect(portsOf(config.modes, "open")).toEqual({ server: { client: 4222 } });
  expect(portsOf(config.modes, "tls")).toMatchObject({ server: { client: 4444 } });
});

it("a relative path of a server is meant from the folder of the file", async () => {
  mkdirSync(join(dir, "bin"));
  writeFileSync(join(dir, "bin/nats-server"), "");
  expect(await load("server: ./bin/nats-server")).toMatchObject({ server: join(dir, "bin/nats-server") });
  expect(await load("server: $HERE/bin/nats-server", { HERE: dir })).toMatchObject({
    server: join(dir, "bin/nats-server"),
  });
  await expect(load("server: bin")).rejects.toMatchObject({ code: "invalid-config" });
});

it("ports go to servers by mode or alias, and nothing else changes", async () => {
  const { modes } = await load("ports: { mtls: 4333, tls: { server: 4334 } }");
  expect(portsOf(modes, "tls-verify")).toMatchObject({ server: { client: 4333 }, mismatched: undefined });
  expect(portsOf(modes, "tls")).toMatchObject({ server: { client: 4334 } });
  expect(modes.filter(({ name }) => name !== "tls" && name !== "tls-verify")).toEqual(
    MODES.filter(({ name }) => name !== "tls" && name !== "tls-verify"),
  );
});

describe("a name is taken where the state directory takes it, and only there", () => {
  test.each(["a", "ci.1_x-Y", "9", ".a", "-a", "a b", "a/b", "", "x".repeat(63), "x".repeat(64)])(
    "%j",
    async (name) => {
      let taken = true;
      try {
        checkName(name);
      } catch {
        taken = false;
      }
      const loaded = await load(`name: ${JSON.stringify(name)}`).then(
        () => true,
        () => false,
      );
      expect(loaded).toBe(taken);
    },
  );
});

describe("a file that is wrong", () => {
  const rules = { host: (host: string) => void hostNames([host]) };

  test.each(WRONG_FILES)("$what", async ({ text, at, says, env }) => {
    const error = await load(text, env, rules).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof SandboxError)) throw new Error(`it was ${error}`);
    const { code, message, detail = "", fix = "" } = error;
    expect(code).toBe("invalid-config");
    expect(message).toMatch(new RegExp(`^some\\.yaml:${at ?? "\\d+:\\d+"}: \\S`));
    const whole = [message, detail, fix].join("\n");
    for (const part of says) expect(whole).toContain(part);
    expect(whole).not.toContain(HIDDEN);
  });

  test.each([
    "engine: $UNSET",
    "hosts: [$UNSET]",
    "ports: { open: $UNSET }",
    "own: { a: { servers: $UNSET, clients: { app: {} } } }",
  ])("by a variable alone, is told of that alone: %s", async (text) => {
    await expect(load(text)).rejects.toMatchObject({
      message: expect.stringContaining("the variable UNSET is not set"),
      detail: undefined,
    });
  });
});

it("a host is judged by the rule that is given, in words that do not quote a variable", async () => {
  const host = (text: string) => {
    throw new SandboxError("invalid-host", `no ${text}`, { detail: "because", fix: "another" });
  };
  await expect(load("hosts: [$H]", { H: "secret-host" }, { host })).rejects.toMatchObject({
    message: "some.yaml:1:9: hosts[0] cannot be a host name of a certificate (it comes from H)",
    detail: "because",
    fix: "another",
  });
});
