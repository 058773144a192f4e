/** Random credentials through our templates into real servers: each gets in as it is, and with one character changed does not. */
import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Login } from "./model.ts";
import type { RenderContext } from "./render.ts";
import { bcryptHash, swapCase } from "./secrets.ts";
import { can } from "./server/capabilities.ts";
import { type Random, randomCharacter, randomTexts, seededRandom } from "./testing/random-texts.ts";
import { type RenderedServer, startRendered, tryLogin } from "./testing/rendered-server.ts";

/** Told by a test that fails, which can so be repeated. */
const SEED = Number(process.env.CREDENTIALS_SEED ?? randomInt(2 ** 32));
const BYTES = 72;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "credentials-"));
});
beforeEach(({ onTestFailed }) => {
  onTestFailed(() => console.error(`these credentials again: CREDENTIALS_SEED=${SEED}`));
});
afterAll(() => rm(dir, { recursive: true }));

/** 1 to 72 bytes of UTF-8, of any length alike. */
function credential(random: Random): string {
  const longest = 1 + random(BYTES);
  let text = "";
  for (const character of randomTexts(1, { shortest: longest, longest, random })[0] ?? "") {
    if (Buffer.byteLength(text + character) > longest) break;
    text += character;
  }
  // An astral character alone is longer than what was drawn.
  return text === "" ? credential(random) : text;
}

interface User {
  readonly user: string;
  readonly password: string;
}

/** Two names that are alike would be one user. */
function users(count: number, random: Random): readonly User[] {
  const names = new Set<string>();
  while (names.size < count) names.add(credential(random));
  return [...names].map((user) => ({ user, password: credential(random) }));
}

/** Another text: one character is changed, left out, added, or in its other case. */
function twist(text: string, random: Random): string {
  const characters = [...text];
  const at = random(characters.length);
  const put = (...instead: readonly string[]) =>
    [...characters.slice(0, at), ...instead, ...characters.slice(at + 1)].join("");
  const old = characters[at] ?? "";
  const ways = [
    () => put(randomCharacter(random)),
    () => put(),
    () => put(randomCharacter(random), old),
    () => put(old, randomCharacter(random)),
    () => put(swapCase(old)),
    () => put(old, old),
  ];
  const twisted = ways[random(ways.length)]?.() ?? text;
  return twisted === text ? twist(text, random) : twisted;
}

/** `work` on each, a few at a time. */
async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** What was wrong, all of it: one example says little. */
class Failures {
  readonly #all: string[] = [];
  /** Refusals by connection number, for the server's log to confirm. */
  readonly #refused: number[] = [];

  async getsIn(server: RenderedServer, login: Login): Promise<void> {
    const { said } = await tryLogin(server, login);
    if (said !== "in") this.add(`refused (${said})`, login);
  }

  async isRefused(server: RenderedServer, login: Login | undefined): Promise<void> {
    const { said, clientId = 0 } = await tryLogin(server, login);
    if (!/^Authorization Violation$/i.test(said)) this.add(`not refused (${said})`, login);
    this.#refused.push(clientId);
  }

  add(what: string, login: Login | undefined): void {
    this.#all.push(`${what}: ${JSON.stringify(login)}`);
  }

  /** Its log names every refused connection, and no other. */
  async logAgrees(server: RenderedServer): Promise<void> {
    const lines = (await server.server.log()).matchAll(
      /^.*?\bcid:(\d+) - .*?(?:authentication|authorization) error/gim,
    );
    const logged = new Set([...lines].map(([, cid]) => Number(cid)));
    for (const cid of this.#refused.splice(0)) {
      if (!logged.delete(cid)) this.#all.push(`the refusal of cid:${cid} is not in the server's log`);
    }
    for (const cid of logged) this.#all.push(`cid:${cid} was refused by the log alone`);
  }

  expectNone(): void {
    expect(this.#all.slice(0, 10), `${this.#all.length} failures`).toEqual([]);
  }
}

/** Nothing that stood in a credential is read as config: the server finds nothing wrong with it. */
async function expectClean({ binary, configPath }: RenderedServer): Promise<void> {
  if (!can(binary.version, "config-test")) return;
  const output = await new Promise<string>((resolve) => {
    execFile(binary.path, ["-t", "-c", configPath], { timeout: 20_000 }, (error, out, err) =>
      resolve(`${error === null ? "" : error.message}${out}${err}`),
    );
  });
  expect(output).toMatch(/^[^\n]*configuration file \S+ is valid[^\n]*\n$/);
}

/** Attempts that must fail whatever the users are: nobody, half a name, another's password, a user of another server. */
function intruders(here: readonly User[], elsewhere: readonly User[]): readonly (Login | undefined)[] {
  const known = new Set(here.map(({ user }) => user));
  const parts = here.flatMap(({ user }) => user.split(/["\\{}#\s]+/).slice(0, 2));
  const strangers = [...elsewhere.slice(0, 20).map(({ user }) => user), ...parts.slice(0, 40)];
  const crossed = here.slice(0, 20).map(({ user }, i) => ({ user, password: here[i + 20]?.password ?? "" }));
  return [
    undefined,
    { user: "", password: "" },
    ...strangers
      .filter((user) => !known.has(user))
      .map((user) => ({ user, password: here[0]?.password ?? "" })),
    ...crossed.filter(
      ({ user, password }) => !here.some((one) => one.user === user && one.password === password),
    ),
  ];
}

describe("10,000 random users, 500 a server: the right password gets in, a changed one does not", () => {
  const SERVERS = 20;
  const random = seededRandom(SEED);
  const sets = Array.from({ length: SERVERS }, () => users(500, random));

  it("in users.conf", { timeout: 120_000 }, async () => {
    const failures = new Failures();
    for (const [index, here] of sets.entries()) {
      await using server = await startRendered(dir, "users.conf", { users: here });
      await expectClean(server);
      const wrong = here.map(({ user, password }) =>
        random(8) === 0
          ? { user: twist(user, random), password }
          : { user, password: twist(password, random) },
      );
      const known = new Set(here.map((one) => JSON.stringify(one)));
      await eachOf(here, 16, (login) => failures.getsIn(server, login));
      await eachOf(
        wrong.filter((login) => !known.has(JSON.stringify(login))),
        16,
        (login) => failures.isRefused(server, login),
      );
      await eachOf(intruders(here, sets[index - 1] ?? []), 16, (login) => failures.isRefused(server, login));
      await failures.logAgrees(server);
      expect((await readFile(server.configPath, "utf8")).match(/^ {6}user: /gm)).toHaveLength(here.length);
    }
    failures.expectNone();
  });
});

async function expectAlone(
  template: string,
  context: Partial<RenderContext>,
  right: Login,
  wrong: readonly (Login | undefined)[],
  failures: Failures,
): Promise<void> {
  await using server = await startRendered(dir, template, context);
  await failures.getsIn(server, right);
  for (const login of wrong) await failures.isRefused(server, login);
  await failures.logAgrees(server);
}

describe("one random credential a server", () => {
  it("250 users in user.conf", { timeout: 120_000 }, async () => {
    const random = seededRandom(SEED + 1);
    const failures = new Failures();
    const all = users(250, random).map((login) => {
      const wrong = [
        { ...login, password: twist(login.password, random) },
        { ...login, user: twist(login.user, random) },
        undefined,
      ];
      return { login, wrong };
    });
    for (const { login, wrong } of all)
      await expectAlone("user.conf", { params: { ...login } }, login, wrong, failures);
    failures.expectNone();
  });

  it("250 tokens in token.conf", { timeout: 120_000 }, async () => {
    const random = seededRandom(SEED + 2);
    const failures = new Failures();
    const all = Array.from({ length: 250 }, () => credential(random)).map((token) => ({
      token,
      wrong: [{ token: twist(token, random) }, { token: twist(token, random) }, undefined],
    }));
    for (const { token, wrong } of all)
      await expectAlone("token.conf", { params: { token } }, { token }, wrong, failures);
    failures.expectNone();
  });
});

it("48 random passwords by their bcrypt hashes", { timeout: 120_000 }, async () => {
  const random = seededRandom(SEED + 3);
  const failures = new Failures();
  const all = users(48, random);
  const hashed = await Promise.all(
    all.map(async ({ user, password }) => ({ user, password: await bcryptHash(password) })),
  );
  await using server = await startRendered(dir, "users.conf", { users: hashed });
  await expectClean(server);
  await eachOf(all, 4, (login) => failures.getsIn(server, login));
  const twisted = all.map(({ user, password }) => ({ user, password: twist(password, random) }));
  await eachOf([...twisted, ...hashed], 4, (login) => failures.isRefused(server, login));
  await failures.logAgrees(server);
  failures.expectNone();
});
