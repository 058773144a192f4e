/** `env` from outside, for programs that take no environment: Kubernetes, a JVM, and the nats CLI with an inbox of its own. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { findNatscli } from "../dial/natscli.ts";
import { openRoom, type Room } from "../testing/cli-room.ts";

const natscli = findNatscli();
const noJava = spawnSync("java", ["-version"]).error !== undefined && !process.env.CI;

let room: Room;
beforeAll(async () => {
  room = await openRoom("elsewhere it's a 'dir'");
  const modes = ["permissions", "tls-user-pass", "tls-verify", "token"];
  await room.start(["up", ...modes, "--quiet"]).says(/Ctrl-C stops everything/);
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

async function env(args: string) {
  const { status, stdout, stderr } = await room.run(["env", ...args.split(" ")]);
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return { stdout, stderr };
}

const jsonOf = async (args: string) => JSON.parse((await env(`${args} --json`)).stdout).env;

async function refused(args: string) {
  const { status, stdout, stderr } = await room.run(["env", ...args.split(" ")]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  return stderr;
}

test("--as is the client of every mode named, and one that has none ends it", async () => {
  expect(await jsonOf("permissions --as service")).toMatchObject({
    NATS_USER: "service",
    NATS_SANDBOX_PERMISSIONS_USER: "service",
  });
  for (const format of ["shell", "json", "kubernetes"])
    expect(await refused(`permissions token --as service --format ${format}`)).toContain(
      'token has no client "service"',
    );
});

describe("kubernetes", () => {
  const secretsOf = async (args: string) => {
    const { stdout, stderr } = await env(`${args} --format kubernetes`);
    const all = parseAllDocuments(stdout, { strict: true });
    return {
      stderr,
      secrets: Object.fromEntries(all.map((one) => [one.getIn(["metadata", "name"]), one.toJS()])),
    };
  };

  it("has the variables with paths where the files are mounted, and the files themselves", async () => {
    const { NATS_URL, NATS_CA, NATS_CERT, NATS_KEY } = await jsonOf("tls-verify");
    const { secrets, stderr } = await secretsOf("tls-verify");
    expect(Object.keys(secrets)).toEqual(["nats-tls-verify", "nats-tls-verify-files"]);
    expect(secrets["nats-tls-verify"].stringData).toEqual({
      NATS_URL,
      NATS_CA: "/etc/nats/tls-verify/ca.pem",
      NATS_CERT: "/etc/nats/tls-verify/cert.pem",
      NATS_KEY: "/etc/nats/tls-verify/key.pem",
    });
    expect(Object.values(secrets["nats-tls-verify-files"].stringData)).toEqual(
      [NATS_CA, NATS_CERT, NATS_KEY].map((path) => readFileSync(path, "utf8")),
    );
    expect(stderr).toContain("these URLs are for this machine");
  });

  it("has each of several modes, and the folder that is asked for", async () => {
    const { secrets } = await secretsOf("token tls-user-pass");
    expect(Object.keys(secrets)).toEqual(["nats-token", "nats-tls-user-pass", "nats-tls-user-pass-files"]);
    expect(secrets["nats-token"].stringData).toMatchObject({
      NATS_TOKEN: (await jsonOf("token")).NATS_TOKEN,
    });
    const { secrets: elsewhere } = await secretsOf("tls-user-pass --files /pki");
    expect(elsewhere["nats-tls-user-pass"].stringData.NATS_CA).toBe("/pki/ca.pem");
  });
});

describe.skipIf(noJava)(noJava ? "java (SKIPPED: java is missing)" : "java", () => {
  /** Asks the JVM's default TLS context, which the options make, to get it in: prints PONG when it does. */
  const HELLO = `
import java.io.*; import java.net.*; import javax.net.ssl.*;
public class Hello {
  public static void main(String[] a) throws Exception {
    Socket plain = new Socket("localhost", Integer.parseInt(a[0]));
    for (int c = 0; c != '\\n' && c >= 0; ) c = plain.getInputStream().read();
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    SSLSocket tls = (SSLSocket) factory.createSocket(plain, "localhost", plain.getPort(), true);
    tls.getOutputStream().write("CONNECT {\\"verbose\\":false,\\"pedantic\\":false}\\r\\nPING\\r\\n".getBytes());
    BufferedReader in = new BufferedReader(new InputStreamReader(tls.getInputStream()));
    for (String said; (said = in.readLine()) != null; ) if (said.equals("PONG")) { System.out.println("PONG"); return; }
    System.exit(1);
  }
}`;

  /** As a shell runs it, the path of its stores being what it is. */
  async function java(words: string, variables: Readonly<Record<string, string>> = {}) {
    writeFileSync(join(room.work, "Hello.java"), HELLO);
    const { port } = new URL((await jsonOf("tls-verify")).NATS_URL);
    const { PATH = "", JAVA_HOME = "" } = process.env;
    return spawnSync("/bin/sh", ["-c", `java ${words} Hello.java ${port}`], {
      cwd: room.work,
      env: { PATH, JAVA_HOME, ...variables },
      encoding: "utf8",
      timeout: 60_000,
    });
  }

  it("is an argument with which a JVM gets in; without it, or without a key, it does not", async () => {
    const OPTIONS = (await env("tls-verify --format java")).stdout.trimEnd();
    expect(await java('"$OPTIONS"', { OPTIONS })).toMatchObject({ status: 0, stdout: "PONG\n" });
    const withoutStores = await java("");
    expect(withoutStores.status).toBe(1);
    expect(withoutStores.stderr).toContain("unable to find valid certification path");
    const trust = readFileSync(OPTIONS.slice(1), "utf8").replaceAll(/^.*keyStore.*\n/gm, "");
    writeFileSync(join(room.work, "trust-only"), trust);
    expect((await java("@trust-only")).status).toBe(1);
  });

  it("is taken from JDK_JAVA_OPTIONS too", async () => {
    const { stdout } = await env("tls-verify --format java");
    const ran = await java("", { JDK_JAVA_OPTIONS: `"${stdout.trimEnd()}"` });
    expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status: 0, stdout: "PONG\n" });
    const password = readFileSync(join(dirname(stdout.trimEnd().slice(1)), "password"), "utf8");
    expect(ran.stderr).not.toContain(password);
  });

  it("keeps its files to their owner, and its password while the sandbox is up", async () => {
    const dir = dirname((await env("tls-verify --format java")).stdout.trimEnd().slice(1));
    const password = readFileSync(join(dir, "password"), "utf8");
    await env("tls-verify --format java");
    expect(readFileSync(join(dir, "password"), "utf8")).toBe(password);
    const files = ["java-options", "keystore.p12", "password", "truststore.p12"];
    expect(readdirSync(dir)).toEqual(files);
    for (const file of files) expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  });

  it.each([
    ["tls-verify tls-user-pass --format java", "one mode"],
    ["token --format java", "certificates"],
    ["tls-verify --format java --files /pki", "certs export tls-verify --format pkcs12"],
  ])("env %s is refused", async (args, says) => {
    expect(await refused(args)).toContain(says);
  });
});

describe.skipIf(natscli === undefined)(
  natscli === undefined ? "the nats CLI (SKIPPED: nats is not on PATH)" : "the nats CLI",
  () => {
    async function nats(mode: string, args: readonly string[], change: object = {}) {
      const context = JSON.parse((await env(`${mode} --format nats-context`)).stdout);
      const file = join(room.work, "context.json");
      writeFileSync(file, JSON.stringify({ ...context, ...change }));
      return spawnSync(natscli ?? "", ["--context", file, ...args], {
        env: { HOME: join(room.dir, "home") },
        encoding: "utf8",
        timeout: 20_000,
      });
    }

    it("gets in with TLS and a password, and with either one wrong it does not", async () => {
      const pub = ["pub", "orders.new", "hello"];
      expect(await nats("tls-user-pass", pub)).toMatchObject({ status: 0 });
      expect((await nats("tls-user-pass", pub, { password: "wrong" })).stderr).toContain(
        "Authorization Violation",
      );
      expect((await nats("tls-user-pass", pub, { ca: "" })).stderr).toContain("certificate");
    });

    it("asks through the inbox that its client may use, and without the prefix it may not", async () => {
      const ask = ["request", "orders.new", "hello", "--timeout", "2s"];
      const right = await nats("permissions", ask);
      expect(right.stderr + right.stdout).not.toMatch(/permissions violation/i);
      expect(right.stderr + right.stdout).toMatch(/no responders/i);
      const wrong = await nats("permissions", ask, { inbox_prefix: "" });
      expect(wrong.stderr + wrong.stdout).toMatch(/permissions violation/i);
    });
  },
);
