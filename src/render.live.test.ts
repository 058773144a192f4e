import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Listener, Mode, ServerRecipe } from "./model.ts";
import { MODES } from "./modes/all.gen.ts";
import { createPki } from "./pki/pki.ts";
import { renderConfig } from "./render.ts";
import { type Material, resolveServer } from "./resolve.ts";
import { makeSecrets } from "./secrets.ts";
import { can } from "./server/capabilities.ts";
import { findServer } from "./server/find.ts";

const binary = await findServer();

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "render-live-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function materialOf(mode: Mode): Promise<Material> {
  const secrets = await makeSecrets(mode.secrets);
  const pki = await createPki();
  const pairs = Object.entries(mode.certificates ?? {}).map(
    async ([name, recipe]) => [name, await pki.issue(name, recipe)] as const,
  );
  return { secrets, pairs: Object.fromEntries(await Promise.all(pairs)), trust: (name) => pki.trust(name) };
}

/** What `nats-server -t` says of the config of a server. */
async function judge(
  mode: Mode,
  recipe: ServerRecipe,
  ports: Partial<Record<Listener, number>>,
): Promise<{ readonly code: number; readonly output: string }> {
  const root = await mkdtemp(join(home, "config-"));
  const { values, users, files } = resolveServer(await materialOf(mode), recipe, root);
  const config = renderConfig(recipe.template, {
    title: mode.title,
    host: "127.0.0.1",
    ports,
    can: (capability) => can(binary.version, capability),
    params: values,
    users,
    jetstream: undefined,
  });
  for (const [name, { text }] of Object.entries(files)) await writeFile(join(root, name), text);
  await writeFile(join(root, "server.conf"), config);
  return new Promise((resolve) => {
    execFile(binary.path, ["-t", "-c", join(root, "server.conf")], { timeout: 20_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: `${out}${err}` }),
    );
  });
}

const RECIPES = MODES.flatMap((mode) =>
  Object.entries(mode.servers).map(([name, recipe]) => [`${mode.name}/${name}`, mode, recipe] as const),
);
const MISMATCHED = RECIPES.filter(([id]) => id.endsWith("/mismatched"));
const SOUND = RECIPES.filter((recipe) => !MISMATCHED.includes(recipe));

// A server without -t prints its usage and calls that a success.
describe.runIf(can(binary.version, "config-test"))("nats-server -t", () => {
  test.each(SOUND)("takes the config of %s", async (_, mode, recipe) => {
    for (const ports of [{ client: -1 }, { client: -1, monitor: -1 }]) {
      const { code, output } = await judge(mode, recipe, ports);
      expect(output).toMatch(/is valid/);
      expect(code).toBe(0);
    }
  });

  test.each(MISMATCHED)(
    "refuses the config of %s, whose key belongs to another certificate",
    async (_, mode, recipe) => {
      const { code, output } = await judge(mode, recipe, { client: -1 });
      expect(output).toMatch(/private key does not match public key/);
      expect(code).not.toBe(0);
    },
  );
});
