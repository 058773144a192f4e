/** `certs export` from outside: what it exports gets other programs in. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { openRoom, type Room } from "../testing/cli-room.ts";

const TEST_KEYS = "Test keys only: never use them for anything real.";

let room: Room;
beforeAll(async () => {
  room = await openRoom("export it's a 'dir'");
  await room.start(["up", "tls", "tls-verify", "--quiet"]).says(/Ctrl-C stops everything/);
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

async function good(args: readonly string[]) {
  const { status, stdout, stderr } = await room.run(["certs", ...args]);
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return { stdout, stderr };
}

const file = (...parts: readonly string[]) => join(room.state, "default", ...parts);
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("export as PEM", () => {
  it("gives copies that only their owner can read, again and again", async () => {
    for (let time = 0; time < 2; time += 1) {
      const { stdout, stderr } = await good(["export", "tls-verify", "--format", "pem", "--out", "deep/pki"]);
      const paths = ["ca.pem", "cert.pem", "key.pem"].map((name) => join(room.work, "deep/pki", name));
      expect(stdout).toBe(`${paths.join("\n")}\n`);
      expect(stderr).toBe(`${TEST_KEYS}\n`);
      expect(paths.map((path) => readFileSync(path, "utf8"))).toEqual(
        ["ca.pem", "cert.pem", "key.pem"].map((name) =>
          readFileSync(file("tls-verify/clients/app", name), "utf8"),
        ),
      );
      expect([...paths, join(room.work, "deep/pki"), join(room.work, "deep")].map(modeOf)).toEqual([
        ...["600", "600", "600"],
        ...["700", "700"],
      ]);
    }
  });

  it("gives files that others can read when that is asked for, and warns", async () => {
    const { stderr } = await good([
      "export",
      "tls-verify",
      "--format",
      "pem",
      "--out",
      "open/pki",
      "--readable",
    ]);
    expect(["open", "open/pki", "open/pki/key.pem"].map((path) => modeOf(join(room.work, path)))).toEqual([
      ...["755", "755", "644"],
    ]);
    expect(stderr).toContain("every user of this machine can read them");
    expect(stderr).toContain(TEST_KEYS);
    mkdirSync(join(room.work, "mine"), { mode: 0o700 });
    const there = await good(["export", "tls", "--format", "pem", "--out", "mine", "--readable"]);
    expect(modeOf(join(room.work, "mine"))).toBe("700");
    expect(there.stderr).toContain("its mode stays as it is");
  });

  it("has the CA alone for a client without a certificate", async () => {
    await good(["export", "tls", "--format", "pem", "--out", "ca-only"]);
    expect(readdirSync(join(room.work, "ca-only"))).toEqual(["ca.pem"]);
  });

  it("overwrites nothing that differs, and writes nothing then, unless forced", async () => {
    const out = join(room.work, "taken");
    mkdirSync(out);
    writeFileSync(join(out, "key.pem"), "mine");
    const args = ["certs", "export", "tls-verify", "--format", "pem", "--out", out];
    const { status, stdout, stderr } = await room.run(args);
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    for (const part of [out, "key.pem", "--force"]) expect(stderr).toContain(part);
    expect(readdirSync(out).map((name) => readFileSync(join(out, name), "utf8"))).toEqual(["mine"]);
    expect((await room.run([...args, "--force"])).status).toBe(0);
    expect(readFileSync(join(out, "key.pem"), "utf8")).toContain("PRIVATE KEY");
    expect(modeOf(join(out, "key.pem"))).toBe("600");
  });
});

const noOpenssl = spawnSync("openssl", ["version"]).error !== undefined && !process.env.CI;
const noJava = spawnSync("keytool", ["-help"]).error !== undefined && !process.env.CI;

describe("export as PKCS#12", () => {
  const out = () => join(room.work, "stores");
  const password = () => readFileSync(join(out(), "password"), "utf8");
  let options: readonly string[];
  beforeAll(async () => {
    const { stdout, stderr } = await good(["export", "tls-verify", "--format", "pkcs12", "--out", "stores"]);
    options = stdout.trimEnd().split("\n");
    expect(stderr).toContain(TEST_KEYS);
    expect(stderr).not.toContain(password());
  });

  it("has the stores, their password and the options, all private", () => {
    const files = ["java-options", "keystore.p12", "password", "truststore.p12"];
    expect(readdirSync(out())).toEqual(files);
    expect(files.map((name) => modeOf(join(out(), name)))).toEqual(files.map(() => "600"));
    expect(password()).toMatch(/^[A-Za-z0-9]{24}$/);
    const option = (store: string) => [
      `-Djavax.net.ssl.${store}=${join(out(), `${store.toLowerCase()}.p12`)}`,
      `-Djavax.net.ssl.${store}Type=PKCS12`,
      `-Djavax.net.ssl.${store}Password=${password()}`,
    ];
    expect(options).toEqual([...option("trustStore"), ...option("keyStore")]);
  });

  it.skipIf(noOpenssl)(
    "is read by openssl with that password: the client's key, its certificate and the CA",
    () => {
      const said = execFileSync(
        "openssl",
        [
          "pkcs12",
          "-in",
          join(out(), "keystore.p12"),
          "-passin",
          `file:${join(out(), "password")}`,
          "-nodes",
        ],
        { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
      );
      expect(said.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
      expect(said).toContain(readFileSync(file("tls-verify/clients/app/key.pem"), "utf8").trim());
    },
  );

  it("is made anew each time, so only by force", async () => {
    const args = ["certs", "export", "tls-verify", "--format", "pkcs12", "--out", "stores"];
    const { status, stderr } = await room.run(args);
    expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining("truststore.p12") });
  });

  describe.skipIf(noJava)(noJava ? "in Java (skipped: keytool is missing)" : "in Java", () => {
    test("keytool finds one entry in each", () => {
      for (const [store, kind] of [
        ["keystore.p12", "PrivateKeyEntry"],
        ["truststore.p12", "trustedCertEntry"],
      ] as const) {
        const said = execFileSync(
          "keytool",
          ["-list", "-keystore", join(out(), store), "-storepass:file", join(out(), "password")],
          { encoding: "utf8", env: { ...process.env, LC_ALL: "C.UTF-8" } },
        );
        expect(said).toContain("Your keystore contains 1 entry");
        expect(said).toContain(kind);
      }
    });

    /** Speaks to the server as the JVM's default TLS context, which these options make, lets it. */
    const HELLO = `
import java.io.*; import java.net.*; import javax.net.ssl.*;
public class Hello {
  public static void main(String[] a) throws Exception {
    Socket plain = new Socket("localhost", Integer.parseInt(a[0]));
    for (int c = 0; c != '\\n' && c >= 0; ) c = plain.getInputStream().read();
    SSLSocket tls = (SSLSocket) ((SSLSocketFactory) SSLSocketFactory.getDefault()).createSocket(plain, "localhost", plain.getPort(), true);
    tls.getOutputStream().write("CONNECT {\\"verbose\\":false,\\"pedantic\\":false}\\r\\nPING\\r\\n".getBytes());
    BufferedReader in = new BufferedReader(new InputStreamReader(tls.getInputStream()));
    for (String said; (said = in.readLine()) != null; ) if (said.equals("PONG")) { System.out.println("PONG"); return; }
    System.exit(1);
  }
}`;

    test("a JVM with the options gets in, and one without the key does not", async () => {
      const source = join(room.work, "Hello.java");
      writeFileSync(source, HELLO);
      const { env } = JSON.parse((await room.run(["env", "tls-verify", "--json"])).stdout);
      const java = (args: readonly string[]) =>
        spawnSync("java", [...args, source, new URL(env.NATS_URL).port], {
          encoding: "utf8",
          timeout: 60_000,
        });
      const right = java([`@${join(out(), "java-options")}`]);
      expect({ status: right.status, stdout: right.stdout }).toEqual({ status: 0, stdout: "PONG\n" });
      const withoutKey = java(options.filter((option) => !option.includes("keyStore")));
      expect(withoutKey.status).toBe(1);
      expect(java([]).stderr).toContain("unable to find valid certification path");
    });
  });
});

describe("what cannot be written is told, with the way out", () => {
  const bad = (out: string) => ["export", "tls", "--format", "pem", "--out", out];

  it("a folder that is a file, or lies below one", async () => {
    writeFileSync(join(room.work, "plain"), "");
    for (const out of ["plain", "plain/x"]) {
      const { status, stderr } = await room.run(["certs", ...bad(out)]);
      expect({ status, stderr }).toEqual({
        status: 3,
        stderr: expect.stringContaining(join(room.work, out)),
      });
    }
  });

  it.runIf(process.getuid?.() !== 0)(
    "a folder that may not be written (needs a user who is not root)",
    async () => {
      mkdirSync(join(room.work, "locked"), { mode: 0o500 });
      const { status, stderr } = await room.run(["certs", ...bad("locked/x")]);
      chmodSync(join(room.work, "locked"), 0o700);
      expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining("cannot write to") });
    },
  );

  it.runIf(process.platform === "linux")("a folder that nobody can write (needs /proc)", async () => {
    const { status, stderr } = await room.run(["certs", ...bad("/proc/nats-sandbox/x")]);
    expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining("cannot write to") });
  });
});
