/** Programs that are not ours, against running modes: bare sockets, openssl s_client and the nats CLI agree with the table. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findNatscli } from "./dial/natscli.ts";
import type { ClientSpec, Connection, TrustName } from "./model.ts";
import type { RunningMode } from "./running/running.ts";
import { type Sandbox, startSandbox } from "./sandbox.ts";
import { selectModes } from "./select.ts";
import { withoutInfo } from "./testing/without-info.ts";

const home = mkdtempSync(join(tmpdir(), "nats-sandbox-outside-"));
const natscli = findNatscli();
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox(selectModes(["core"]), { home, name: "outside" });
});

afterAll(async () => {
  await sandbox?.stop();
  rmSync(home, { recursive: true, force: true });
});

function mode(name: string): RunningMode {
  const found = sandbox.running.find((running) => running.mode.name === name);
  if (found === undefined) throw new Error(`${name} is not up`);
  return found;
}

function portOf(connection: Connection): number {
  return Number(new URL(connection.url).port);
}

function file(name: string, content: string): string {
  const path = join(home, `${name}-${Math.random().toString(36).slice(2)}`);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** Everything a bare socket is told after it has sent these bytes, until the server closes or says PONG. */
async function bare(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let told = "";
  socket.setTimeout(5_000, () => socket.destroy());
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    if (told === "") socket.write(bytes);
    told += chunk;
    if (told.includes("PONG\r\n")) socket.destroy();
  });
  await once(socket, "close");
  return told;
}

function connectLine(login: Record<string, string | undefined>): string {
  return `CONNECT ${JSON.stringify({ verbose: false, ...login })}\r\nPING\r\n`;
}

describe("a bare socket", () => {
  test("gets into open with nothing, and with anything", async () => {
    const port = portOf(mode("open").connection());
    expect(await bare(port, connectLine({}))).toContain("PONG");
    expect(await bare(port, connectLine({ user: "nobody", pass: "nothing" }))).toContain("PONG");
  });

  test.each(["user-pass", "user-pass-bcrypt", "permissions"])("needs the password of %s", async (name) => {
    const connection = mode(name).connection();
    const { user, password = "" } = connection.login ?? {};
    expect(await bare(portOf(connection), connectLine({ user, pass: password }))).toContain("PONG");
    for (const pass of [`${password}x`, "", undefined]) {
      const told = await bare(portOf(connection), connectLine({ user, pass }));
      expect(told).toContain("-ERR 'Authorization Violation'");
      expect(told).not.toContain("PONG");
    }
  });

  test.each(["token", "token-bcrypt"])("needs the token of %s", async (name) => {
    const connection = mode(name).connection();
    const { token } = connection.login ?? {};
    expect(await bare(portOf(connection), connectLine({ auth_token: token }))).toContain("PONG");
    expect(await bare(portOf(connection), connectLine({ auth_token: `${token}x` }))).not.toContain("PONG");
    expect(await bare(portOf(connection), connectLine({ user: token }))).not.toContain("PONG");
  });

  test.each(["tls", "tls-verify", "tls-user-pass"])("is turned away by %s in plaintext", async (name) => {
    const connection = mode(name).connection();
    const { user, password } = connection.login ?? {};
    expect(await bare(portOf(connection), connectLine({ user, pass: password }))).not.toContain("PONG");
  });
});

interface OpenSsl {
  readonly trust?: TrustName;
  readonly but?: ClientSpec;
  readonly host?: string;
  readonly more?: readonly string[];
}

/** `openssl s_client` that logs in within TLS; what it printed. */
async function openssl(
  running: RunningMode,
  { trust = "ca", but = {}, host = "localhost", more = [] }: OpenSsl,
): Promise<string> {
  const { tls, login, url } = running.connection("app", { trust, ...but });
  const args = [
    "s_client",
    "-CAfile",
    file("ca", tls?.ca ?? ""),
    "-verify_return_error",
    "-verify_hostname",
    host,
    "-ign_eof",
    ...more,
  ];
  if (tls?.present !== undefined)
    args.push("-cert", file("cert", tls.present.chain), "-key", file("key", tls.present.key));
  return withoutInfo(Number(new URL(url).port), async (port) => {
    const child = spawn("openssl", [...args, "-connect", `127.0.0.1:${port}`], {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: 10_000,
    });
    child.stdin.on("error", () => {});
    child.stdin.write(connectLine({ user: login?.user, pass: login?.password }));
    const out = text(child.stdout);
    const err = text(child.stderr);
    let told = "";
    child.stdout.on("data", (chunk) => {
      told += chunk;
      if (/PONG\r?$/m.test(told)) child.kill();
    });
    await once(child, "close");
    return `${await out}${await err}`;
  });
}

/** LibreSSL, which macOS ships under the same name, knows other options. */
const isOpenSsl = /^OpenSSL /.test(spawnSync("openssl", ["version"], { encoding: "utf8" }).stdout ?? "");

describe.runIf(isOpenSsl || process.env.CI === "true")("openssl s_client", () => {
  test.each(["tls", "tls-user-pass", "tls-verify"])("gets into %s with the CA", async (name) => {
    const said = await openssl(mode(name), {});
    expect(said).toContain("Verify return code: 0 (ok)");
    expect(said).toMatch(/PONG\r?$/m);
  });

  test.each(["tls", "tls-user-pass", "tls-verify"])(
    "does not trust %s with another CA or for another host",
    async (name) => {
      expect(await openssl(mode(name), { trust: "stranger" })).toMatch(/verify error:num=(20|21)/);
      expect(await openssl(mode(name), { trust: "twin-ca" })).toMatch(
        /verify error:num=7:certificate signature failure/,
      );
      expect(await openssl(mode(name), { host: "nats.example.test" })).toMatch(/verify error:num=62/);
    },
  );

  test("is refused with TLS 1.1", async () => {
    const said = await openssl(mode("tls"), { more: ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"] });
    expect(said).toContain("SSL alert number 70");
    expect(said).not.toMatch(/PONG\r?$/m);
  });

  test("is refused by tls-user-pass with a wrong password", async () => {
    const said = await openssl(mode("tls-user-pass"), {
      but: { login: { user: "$app.user", password: "$wrong.password" } },
    });
    expect(said).toContain("Verify return code: 0 (ok)");
    expect(said).toContain("-ERR 'Authorization Violation'");
    expect(said).not.toMatch(/PONG\r?$/m);
  });

  test.each([
    null,
    "stranger",
    "twin",
    "expired",
    "not-yet-valid",
    "server-eku-only",
    "self-signed",
  ] as const)("is refused by tls-verify when it presents %s", async (present) => {
    const said = await openssl(mode("tls-verify"), { but: { present } });
    expect(said).not.toMatch(/PONG\r?$/m);
  });

  test.each(["other", "no-eku"])("gets into tls-verify when it presents %s", async (present) => {
    expect(await openssl(mode("tls-verify"), { but: { present } })).toMatch(/PONG\r?$/m);
  });
});

/** `nats pub`, everything by environment; true when it got in. */
function natsGetsIn({ url, login, tls }: Connection): Promise<boolean> {
  const env = {
    HOME: home,
    NATS_URL: url,
    ...(login?.user === undefined ? {} : { NATS_USER: login.user }),
    ...(login?.password === undefined ? {} : { NATS_PASSWORD: login.password }),
    ...(login?.token === undefined ? {} : { NATS_TOKEN: login.token }),
    ...(tls?.ca === undefined ? {} : { NATS_CA: file("ca", tls.ca) }),
    ...(tls?.present === undefined
      ? {}
      : { NATS_CERT: file("cert", tls.present.chain), NATS_KEY: file("key", tls.present.key) }),
  };
  return new Promise((resolve) => {
    execFile(natscli ?? "", ["pub", "orders.new", "hello"], { env, timeout: 10_000 }, (error) =>
      resolve(error === null),
    );
  });
}

const wrong: Readonly<Record<string, ClientSpec>> = {
  "user-pass": { login: { user: "$app.user", password: "$wrong.password" } },
  "user-pass-bcrypt": { login: { user: "$app.user", password: "$app.hash" } },
  token: { login: { token: "$wrong.token" } },
  "token-bcrypt": { login: { token: "$app.hash" } },
  permissions: { login: { user: "$app.user", password: "$service.password" } },
  tls: { trust: "stranger" },
  "tls-verify": { present: "stranger" },
  "tls-user-pass": { login: { user: "$app.user", password: "$wrong.password" } },
};

describe.runIf(natscli !== undefined)(
  `the nats CLI${natscli === undefined ? " (skipped: not on PATH)" : ""}`,
  () => {
    test("gets into open", async () => {
      expect(await natsGetsIn(mode("open").connection())).toBe(true);
    });

    test.each(Object.keys(wrong))(
      "gets into %s as app, and is refused with one thing wrong",
      async (name) => {
        expect(await natsGetsIn(mode(name).connection())).toBe(true);
        expect(await natsGetsIn(mode(name).connection("app", wrong[name]))).toBe(false);
      },
    );
  },
);
