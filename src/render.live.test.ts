import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import type { Server, ServerFile } from "./engines/engine.ts";
import { createProcessEngine } from "./engines/process.ts";
import type { Listener, Login, Mode, ServerRecipe } from "./model.ts";
import { MODES } from "./modes/all.gen.ts";
import { createPki } from "./pki/pki.ts";
import { quote, renderConfig } from "./render.ts";
import { type Material, resolveServer } from "./resolve.ts";
import { makeSecrets } from "./secrets.ts";
import { can } from "./server/capabilities.ts";
import { findServer } from "./server/find.ts";
import { randomTexts } from "./testing/random-texts.ts";
import { WireSession } from "./wire/session.ts";

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

/** What a login comes to: in, or what the server said. */
async function outcomeOf(server: Server, login: Login): Promise<string> {
  const { host, port } = server.address("client");
  const session = new WireSession(
    { url: `nats://${host}:${port}`, transport: "nats", login },
    { deadline: performance.now() + 20_000 },
  );
  try {
    await session.open();
    await session.connect();
    return "in";
  } catch (error) {
    return session.trace.errors[0] ?? String(error);
  } finally {
    session.close();
  }
}

/** The same text but for one character. */
function twist(text: string): string {
  const characters = [...text];
  const at = Math.floor(characters.length / 2);
  characters[at] = characters[at] === "x" ? "y" : "x";
  return characters.join("");
}

async function startWith(id: string, authorization: string): Promise<Server> {
  const engine = createProcessEngine({
    binary: binary.path,
    version: binary.version,
    source: "test",
    dir: home,
  });
  const at = await engine.place(id, ["client"]);
  const text = `host: ${quote(at.host)}\nport: -1\nauthorization ${authorization}\n`;
  const config: ServerFile = { text, secret: true };
  const spec = { id, files: { "server.conf": config }, listeners: ["client"] as const };
  return engine.start(spec, at, new AbortController().signal);
}

/** `work` on each, a few at a time. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

describe("a quoted credential reaches the server as it is", () => {
  it("300 random users with random passwords: the right one gets in, one changed character does not", async () => {
    const passwords = randomTexts(300);
    const users = randomTexts(300).map((name, i) => `${name}${i}`);
    const credentials = passwords.map((password, i) => ({ user: users[i] ?? "", password }));
    const list = credentials.map(
      ({ user, password }) => `{ user: ${quote(user)}, password: ${quote(password)} }`,
    );
    const server = await startWith("users", `{ users: [\n${list.join("\n")}\n] }`);
    try {
      await eachOf(credentials, async ({ user, password }) => {
        const shown = JSON.stringify({ user, password });
        expect(await outcomeOf(server, { user, password }), shown).toBe("in");
        const wrong = await outcomeOf(server, { user, password: twist(password) });
        expect(wrong, shown).toMatch(/^Authorization Violation$/i);
      });
    } finally {
      await server.stop();
    }
  });

  it("20 random tokens", async () => {
    await eachOf(randomTexts(20), async (token) => {
      const server = await startWith(`token-${Math.random()}`, `{ token: ${quote(token)} }`);
      try {
        expect(await outcomeOf(server, { token }), JSON.stringify(token)).toBe("in");
        const wrong = await outcomeOf(server, { token: twist(token) });
        expect(wrong, JSON.stringify(token)).toMatch(/^Authorization Violation$/i);
      } finally {
        await server.stop();
      }
    });
  });
});
