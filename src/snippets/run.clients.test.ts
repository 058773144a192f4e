/** Every snippet with today's official client, on real servers: it gets into every mode, and its wrong twins end soon, not with 0. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProcessEngine } from "../engines/process.ts";
import { withoutOurs } from "../env.ts";
import { writeHandedOut } from "../handed-out.ts";
import type { ClientSpec, Connection, Mode } from "../model.ts";
import { type RunningMode, startMode } from "../running/running.ts";
import { selectMode, selectModes } from "../select.ts";
import { findOnPath } from "../server/programs.ts";
import { realServer } from "../testing/cli-room.ts";
import { LANGUAGES, type Language, type LanguageName } from "./languages.ts";
import { makeRunnable } from "./runnable.ts";
import { snippet } from "./snippet.ts";
import { TOOLCHAINS } from "./toolchains.ts";

const REQUIRED = process.env.NATS_SANDBOX_TEST_CLIENTS === "required";
const RUN = (Object.keys(LANGUAGES) as LanguageName[]).filter((lang) => LANGUAGES[lang].tested);
/** How long (ms) a program may take to be turned away; compilers come before. */
const SOON = 10_000;

/** Everything that quoting can get wrong. */
const HOSTILE = `a'b"c$d\`e\\f !%>#{g} ??/ \u00e9\ufeff\u202e\u{1f512}`;
const odd = (name: string, text: string): Mode => ({
  ...selectMode("user-pass"),
  name,
  secrets: {
    ...selectMode("user-pass").secrets,
    app: { kind: "password", user: text, value: `p${text}` },
  },
});
/** cnats 3.4 writes a login into its CONNECT as it is, though that is JSON. */
const ODD = [odd("odd", HOSTILE), odd("odd-for-c", HOSTILE.replaceAll(/["\\]/g, ""))];

/** Its certificate is good for another host than the one that is dialled. */
const ELSEWHERE: Mode = {
  ...selectMode("tls"),
  name: "elsewhere",
  certificates: { server: { profile: "server", fault: "wrong-host" } },
};

let dir: string;
let running: ReadonlyMap<string, RunningMode>;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nats-sandbox-snippets-"));
  const { path, version, source } = await realServer();
  const engine = createProcessEngine({ binary: path, version, source, dir });
  const modes = [...selectModes(["core"]), ...ODD, ELSEWHERE];
  const up = await Promise.all(modes.map((mode) => startMode(mode, { engine })));
  running = new Map(up.map((one) => [one.mode.name, one]));
});
afterAll(async () => {
  await Promise.all([...(running?.values() ?? [])].map((one) => one[Symbol.asyncDispose]()));
  rmSync(dir, { recursive: true, force: true });
});

function up(mode: string): RunningMode {
  const found = running.get(mode);
  if (found === undefined) throw new Error(`${mode} is not up`);
  return found;
}

interface How {
  readonly loginInUrl?: boolean;
  /** In which folder its own is made. */
  readonly project?: string;
  readonly env?: NodeJS.ProcessEnv;
}

async function run(lang: LanguageName, connection: Connection, how: How = {}) {
  const { files } = writeHandedOut(dir, "handed", "out", connection);
  let code = snippet(lang, connection, files, how);
  if (lang === "cli") code = code.replace("pub hello", "pub orders.new");
  const within = mkdtempSync(join(how.project ?? dir, "within-"));
  const signal = new AbortController().signal;
  using runnable = await makeRunnable(lang, code, within, {
    env: { ...withoutOurs(process.env), ...how.env },
    onProgress: () => {},
    signal,
  });
  const begin = performance.now();
  const child = spawn(runnable.program, runnable.args, {
    env: runnable.env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 3 * SOON,
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text) => {
      said[name] += text;
    });
  const [status, by] = await once(child, "close");
  const outcome = { status: status ?? by, ms: performance.now() - begin, ...said };
  runnable[Symbol.dispose]();
  expect(readdirSync(within)).toEqual([]);
  rmSync(within, { recursive: true });
  rmSync(join(dir, "handed"), { recursive: true });
  return outcome;
}

/** A server that has no TLS and asks for a login; it notes all that it is sent. */
async function plaintextServer() {
  let heard = "";
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      heard += data.toString("latin1");
      if (heard.includes("CONNECT")) socket.write("+OK\r\nPONG\r\n");
    });
    socket.write(
      `INFO ${JSON.stringify({ server_id: "S", version: "2.15.1", max_payload: 1048576, auth_required: true })}\r\n`,
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, heard: () => heard, [Symbol.dispose]: () => void server.close() };
}

/** A project in all languages at once, whose settings no program of ours would survive. */
const PROJECT: Readonly<Record<string, string>> = {
  "package.json": `{ "type": "commonjs", "workspaces": ["**"] }`,
  ".npmrc": "registry=http://127.0.0.1:9/\n",
  "tsconfig.json": `{ "compilerOptions": { "noEmit": true, "types": ["none"] } }`,
  "go.mod": "module project\n",
  "go.work": "go 1.21\n\nuse .\n",
  "vendor/modules.txt": "# example.com/none v1.0.0\n",
  ".git/HEAD": "none\n",
  "Cargo.toml": `[workspace]\nmembers = []\n`,
  ".cargo/config.toml": `[build]\ntarget = "none"\ntarget-dir = "target"\nrustflags = ["--none"]\n`,
  "rust-toolchain.toml": `[toolchain]\nchannel = "1.0.0"\n`,
  "pom.xml": "<none/>",
  ".mvn/maven.config": "--none\n",
  ".python-version": "0.0.0\n",
  "setup.cfg": "none",
  "Directory.Build.props": "<None />",
  "Directory.Build.targets": "<None />",
  "Directory.Packages.props": "<None />",
  "Directory.Build.rsp": "-none",
  "global.json": `{ "sdk": { "version": "1.0.0" } }`,
  ".editorconfig": "[*.cs]\ndotnet_analyzer_diagnostic.severity = error\n",
};

const TWINS: readonly (readonly [mode: string, what: string, but: ClientSpec])[] = [
  ["user-pass", "a wrong password", { login: { user: "$app.user", password: "$app.password:swapcase" } }],
  ["user-pass-bcrypt", "no login", { login: null }],
  ["token-bcrypt", "a wrong token", { login: { token: "$app.token:swapcase" } }],
  ["tls", "a stranger's CA", { trust: "stranger" }],
  ["tls", "the default trust store", { trust: null, tls: "demand" }],
  ["elsewhere", "a certificate for another host", {}],
  ["tls-verify", "no certificate", { present: null }],
  ["tls-verify", "a stranger's certificate", { present: "stranger" }],
  ["tls-user-pass", "a wrong password", { login: { user: "$app.user", password: "$app.password:swapcase" } }],
];

const lacking = await Promise.all(
  RUN.map(async (lang) => {
    const found = await Promise.all(
      Object.keys(TOOLCHAINS[lang].needs).map(
        async (program) => [program, await findOnPath(program, process.env)] as const,
      ),
    );
    return [lang, found.flatMap(([program, paths]) => (paths.length === 0 ? [program] : []))] as const;
  }),
);

for (const [lang, missing] of lacking) {
  const skipped = missing.length > 0 && !REQUIRED;
  describe.skipIf(skipped)(skipped ? `${lang} (SKIPPED: ${missing.join(", ")} not on PATH)` : lang, () => {
    const connected = /^connected$/m;
    const oddOne = lang === "c" ? "odd-for-c" : "odd";

    it.each([...selectModes(["core"]).map(({ name }) => name), oddOne])("gets into %s", async (mode) => {
      const { status, stdout, stderr } = await run(lang, up(mode).connection());
      expect(status, stderr).toBe(0);
      expect(stdout).toMatch(connected);
      if (mode !== "permissions" && lang !== "cli") expect(stdout).toContain("hello world");
    });

    it.each(TWINS)("of %s with %s is turned away, soon", async (mode, _, but) => {
      const { status, stdout, stderr, ms } = await run(lang, up(mode).connection("app", but));
      expect(status, stdout + stderr).toEqual(expect.any(Number));
      expect(status).not.toBe(0);
      expect(stdout).not.toMatch(connected);
      expect(stderr).not.toBe("");
      expect(ms).toBeLessThan(SOON);
    });

    it("tells a server without TLS nothing of a login that is meant for TLS", async () => {
      using plain = await plaintextServer();
      const connection = up("tls-user-pass").connection();
      const { status, ms } = await run(lang, { ...connection, url: `tls://localhost:${plain.port}` });
      expect(status).not.toBe(0);
      expect(ms).toBeLessThan(SOON);
      expect(plain.heard()).not.toContain(connection.login?.password);
    });

    it("takes nothing up from the project that it is run in, and leaves nothing there", async () => {
      const project = mkdtempSync(join(dir, "project-"));
      for (const [file, text] of Object.entries(PROJECT)) {
        mkdirSync(dirname(join(project, file)), { recursive: true });
        writeFileSync(join(project, file), text);
      }
      const files = () => readdirSync(project, { recursive: true }).sort();
      const before = files();
      const elsewhere = join(project, "target");
      const { status, stdout, stderr } = await run(lang, up("tls-user-pass").connection(), {
        project,
        env: {
          CARGO_TARGET_DIR: elsewhere,
          CARGO_BUILD_TARGET_DIR: elsewhere,
          CARGO_BUILD_BUILD_DIR: elsewhere,
          CARGO_BUILD_TARGET: "none",
          GOOS: "none",
          GOARCH: "none",
        },
      });
      expect(status, stderr).toBe(0);
      expect(stdout).toMatch(connected);
      expect(files()).toEqual(before);
    });

    const { loginInUrl }: Language = LANGUAGES[lang];
    it.skipIf(loginInUrl === false)("takes the login from the URL as well", async () => {
      const { status, stderr } = await run(lang, up("tls-user-pass").connection(), { loginInUrl: true });
      expect(status, stderr).toBe(0);
      const encoded = () => run(lang, up(oddOne).connection(), { loginInUrl: true });
      if (loginInUrl === "decoded") expect((await encoded()).status).toBe(0);
      else await expect(encoded()).rejects.toMatchObject({ code: "usage" });
    });
  });
}
