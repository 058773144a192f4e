/** Every command that there is, well used and failing: which of them shows a secret, and that no other ever does. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { openRoom, type Room, type RunOptions, realServer } from "../testing/cli-room.ts";
import { QUOTE_PASSWORD, type SecretWatch, watchSecrets } from "../testing/secret-watch.ts";

let room: Room;
let watch: SecretWatch;
/** A nats-server that leaves a copy of its files. */
let server: string;
/** The same, but it quotes its password as soon as it is told to. */
let traitor: string;

const MODES = ["user-pass", "token-bcrypt", "permissions", "tls-verify", "tls-user-pass"];

beforeAll(async () => {
  room = await openRoom("secrets-commands");
  watch = watchSecrets(room);
  server = await watch.recordingServer();
  writeFileSync(join(room.dir, GITHUB_ENV), "");
  writeFileSync(join(room.dir, "scripts/given.yaml"), OWN);
  writeFileSync(join(room.dir, "scripts/wrong.yaml"), OWN.replace("expect: ok", "expect: nosuch"));
  traitor = await quotingWhenTold();
  const up = await watch.run(["up", ...MODES, "--detach", "--verbose", "--server", server]);
  expect(up).toMatchObject({ status: 0 });
  const bad = ["up", "tls-user-pass", "--detach", "--keep-on-failure", "--name", "bad", "--server", traitor];
  expect((await watch.run(bad)).stdout).toContain("tls-user-pass");
}, 60_000);
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

const TOLD = "scripts/told";
const GITHUB_ENV = "scripts/github";

/** The password of an own mode, in a file of the user's. */
const GIVEN = "Given_it's-{#}%20";
const OWN = `own:
  given:
    title: Given
    why: The password is the user's own.
    secrets: { app: { kind: password, user: app, value: "${GIVEN}" } }
    servers: { server: { users: [{ login: app }] } }
    clients: { app: { login: { user: $app.user, password: $app.password } } }
    checks: { right: { title: the password, as: app, expect: ok } }
`;

/** The real server behind a shell, which spoils the config once the file `TOLD` is there: at a start, and at a reload. */
async function quotingWhenTold(): Promise<string> {
  const { path } = await realServer();
  return room.script(
    "traitor",
    `[ "$1" = -c ] || exec '${path}' "$@"
spoil() { [ ! -e '${join(room.dir, TOLD)}' ] || ${QUOTE_PASSWORD}; }
spoil "$@"
'${path}' "$@" & server=$!
trap 'spoil "$@"; kill -HUP $server' HUP
trap 'kill $server' TERM
while kill -0 $server 2>/dev/null; do wait $server; done`,
  );
}

interface Use {
  readonly args: readonly string[];
  /** Default: 0. */
  readonly status?: number;
  /** What it prints on stdout is a secret of the sandbox, because that is what it is for. */
  readonly shows?: true;
  readonly options?: (room: Room) => RunOptions;
  /** What it must say, so that it is seen to have failed of what it was to fail of. */
  readonly says?: RegExp;
}

const use = (line: string, more: Omit<Use, "args"> = {}): Use => ({ args: line.split(" "), ...more });
const told = (line: string, more: Omit<Use, "args"> = {}): Use => use(line, { says: /\[secret\]/, ...more });

/** In the order in which they are run: what ends a sandbox comes last. */
const USES: Readonly<Record<string, readonly Use[]>> = {
  modes: [
    use("modes"),
    use("modes --json --verbose"),
    use("modes --json --config ../scripts/given.yaml"),
    use("modes --verbose --config ../scripts/wrong.yaml", { status: 2, says: /nosuch|expect/ }),
  ],
  status: [
    use("status"),
    use("status --json"),
    use("status --all --json", { status: 1 }), // one of them has failed checks
    use("status --name no", { status: 3 }),
  ],
  logs: [
    use("logs"),
    use("logs --json"),
    use("logs tls-verify -n 5 --name default"),
    use("logs user-pass nosuch", { status: 3 }),
  ],
  init: [use("init ../scripts/own.yaml"), use("init ../scripts/own.yaml --json", { status: 2 })],
  doctor: [use("doctor"), use("doctor --json")],
  completion: [use("completion bash"), use("completion zsh"), use("completion fish")],
  passwd: [
    use("passwd --cost 4", { options: (room) => ({ input: `${passwordOf(room, "user-pass")}\n` }) }),
    use("passwd --cost 4 --json", { options: (room) => ({ input: `${passwordOf(room, "permissions")}\n` }) }),
    // Two lines are no password.
    use("passwd", {
      status: 2,
      options: (room) => ({
        input: `${passwordOf(room, "user-pass")}\n${passwordOf(room, "permissions")}\n`,
      }),
    }),
  ],
  "server path": [use("server path"), use("server path --server nosuch", { status: 2 })],
  "server list": [use("server list"), use("server list --json")],
  "server fetch": [use("server fetch nosuch", { status: 2 })],
  config: [
    use("config user-pass"),
    use("config token-bcrypt --json --verbose"),
    use("config token"),
    use("config given --config ../scripts/given.yaml"),
    use("config nosuch", { status: 2 }),
    use("config user-pass --reveal", { shows: true }),
    use("config permissions --reveal --json", { shows: true }),
  ],
  env: [
    ...["shell", "fish", "powershell", "dotenv", "json", "nats-context", "kubernetes"].map((format) =>
      use(`env user-pass --format ${format}`, { shows: true }),
    ),
    use("env tls-user-pass token-bcrypt --url", { shows: true }),
    use("env tls-user-pass --format java"),
    // Every secret is announced on stdout, for the runner to mask it in what it prints from then on.
    use("env user-pass --format github", {
      shows: true,
      options: (room) => ({ env: { GITHUB_ENV: join(room.dir, GITHUB_ENV) } }),
    }),
    use("env user-pass --format github", { status: 3 }),
    use("env user-pass nosuch", { status: 2 }),
    use("env user-pass --as nosuch", { status: 2 }),
    use("env user-pass --format nosuch", { status: 2 }),
  ],
  connect: [
    use("connect user-pass --lang javascript", { shows: true }),
    use("connect tls-user-pass --lang cli --url", { shows: true }),
    use("connect user-pass --lang cli --json", { shows: true }),
    use("connect user-pass --lang nosuch", { status: 2 }),
  ],
  "certs list": [
    use("certs list"),
    use("certs list --json"),
    use("certs list tls-verify nosuch", { status: 2 }),
  ],
  "certs inspect": [use("certs inspect tls-verify"), use("certs inspect tls-verify --server --json")],
  "certs export": [
    use("certs export tls-verify --format pem --out ../scripts/pem"),
    use("certs export tls-verify --format pkcs12 --out ../scripts/pkcs12 --json"),
    use("certs export tls-verify --format nosuch --out ../scripts/no", { status: 2 }),
  ],
  "certs renew": [
    use("certs renew"),
    use("certs renew tls-verify --json"),
    told("certs renew --name bad --verbose", { status: 3 }),
    told("logs --name bad"), // the server's own file has it in clear
    use("status --name bad --json", { status: 1 }), // with the certificates that it had
  ],
  restart: [
    use("restart"),
    use("restart user-pass --json"),
    told("restart --name bad --verbose", { status: 3 }),
  ],
  check: [
    use("check user-pass token tls-user-pass --verbose"),
    use("check token-bcrypt permissions --json"),
    use("check given --verbose --config ../scripts/given.yaml"),
    use("check user-pass nosuch", { status: 2 }),
    told("check user-pass --verbose --server TRAITOR", { status: 3 }),
  ],
  exec: [
    use("exec user-pass tls-user-pass --verbose -- /bin/cp -r .nats-sandbox ../scripts/copies/exec"),
    use("exec user-pass -- nosuch", { status: 127 }),
    use("exec user-pass nosuch -- true", { status: 2 }),
    told("exec user-pass --verbose --server TRAITOR -- true", { status: 125 }),
  ],
  up: [
    use("up user-pass nosuch --name more", { status: 2 }),
    use("up user-pass", { status: 3 }),
    use("up user-pass token --name more --detach --json --fresh"),
    told("up user-pass --name q --verbose --server TRAITOR", { status: 3 }),
    told("up user-pass --name q --detach --verbose --server TRAITOR", { status: 3 }),
  ],
  down: [use("down --name more --json"), use("down --name more --forget"), use("down --name no")],
};

function passwordOf(room: Room, mode: string): string {
  const stored = readFileSync(join(room.state, "default/identity", `${mode}.json`), "utf8");
  return JSON.parse(stored).secrets.app.password;
}

async function commandsBelow(words: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await room.run([...words, "--help"]);
  const [, listed] = /^Commands:\n((?: .*\n)+)/m.exec(stdout) ?? [];
  if (listed === undefined) return [words.join(" ")];
  const names = [...listed.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name = ""]) => name);
  return (await Promise.all(names.map((name) => commandsBelow([...words, name])))).flat();
}

test("every command of --help is used here, so that a new one is not forgotten", async () => {
  expect(Object.keys(USES).sort()).toEqual([...(await commandsBelow([]))].sort());
});

test.each(Object.entries(USES))(
  "%s shows no secret but where that is what it is for",
  async (command, uses) => {
    const before = watch.leaks();
    if (uses.some(({ says }) => says)) writeFileSync(join(room.dir, TOLD), "");
    for (const { args, status = 0, shows, options, says = /^/ } of uses) {
      const line = args.map((word) => (word === "TRAITOR" ? traitor : word));
      const starts = ["up", "check", "exec"].includes(command) && !line.includes("--server");
      const full = starts ? [line[0] ?? "", "--server", server, ...line.slice(1)] : line;
      const ran = await watch.run(full, { ...options?.(room), shows: shows === true });
      const said = ran.stdout + ran.stderr;
      expect({ line: full.join(" "), status: ran.status, said }).toEqual({
        line: full.join(" "),
        status,
        said: expect.stringMatching(says),
      });
      if (shows) expect([...watch.secrets()].filter((secret) => ran.stdout.includes(secret))).not.toEqual([]);
    }
    rmSync(join(room.dir, TOLD), { force: true });
    expect(watch.leaks().filter((leak) => !before.includes(leak))).toEqual([]);
  },
  60_000,
);

it("has shown none of those either that were learnt only afterwards", () => {
  expect(watch.secrets()).toContain(GIVEN);
  expect(watch.leaks()).toEqual([]);
});

it("leaves secrets in the folders of sandboxes alone, where only their owner can read them", () => {
  expect(watch.exposedFiles()).toEqual([]);
});
