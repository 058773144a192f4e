/** PKCS#12 stores as Java reads them: keytool lists their entries, and JSSE shakes hands with both. */
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CertificateRecipe, FaultName, KeyType } from "../model.ts";
import { keyStore, trustStore } from "./pkcs12.ts";
import { createPki, type Pki } from "./pki.ts";

const missing = spawnSync("keytool", ["-help"]).error !== undefined && !process.env.CI;
const KEY_TYPES: readonly KeyType[] = ["p256", "p384", "rsa2048", "ed25519"];
const PASSWORD = "p4ss w~rd";

const dir = mkdtempSync(join(tmpdir(), "nats-sandbox-java-"));
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

function run(command: string, ...parameters: readonly string[]): string {
  const env = { ...process.env, LC_ALL: "C.UTF-8" };
  const { stdout, stderr, status, error } = spawnSync(command, parameters, { encoding: "utf8", env });
  if (status !== 0) throw error ?? new Error(stdout + stderr);
  return stdout;
}

const list = (store: string) =>
  run("keytool", "-J-Dstdout.encoding=UTF-8", "-list", "-v", "-keystore", store, "-storepass", PASSWORD);

/** A mutual TLS handshake over loopback between two threads: prints the protocol, or what the client's error came from. */
const HANDSHAKE = `
import java.io.*; import java.net.*; import java.security.*; import javax.net.ssl.*;
public class Handshake {
  static SSLContext context(String keys, String trust, char[] password) throws Exception {
    KeyStore k = KeyStore.getInstance(new File(keys), password), t = KeyStore.getInstance(new File(trust), password);
    KeyManagerFactory km = KeyManagerFactory.getInstance("PKIX"); km.init(k, password);
    TrustManagerFactory tm = TrustManagerFactory.getInstance("PKIX"); tm.init(t);
    SSLContext c = SSLContext.getInstance("TLS"); c.init(km.getKeyManagers(), tm.getTrustManagers(), null); return c;
  }
  public static void main(String[] a) throws Exception {
    char[] password = a[3].toCharArray();
    SSLServerSocket server = (SSLServerSocket) context(a[0], a[2], password).getServerSocketFactory()
      .createServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
    server.setNeedClientAuth(true);
    Thread thread = new Thread(() -> {
      try (Socket s = server.accept()) { s.getOutputStream().write(s.getInputStream().read()); } catch (IOException e) { }
    });
    thread.setDaemon(true); thread.start();
    try (SSLSocket s = (SSLSocket) context(a[1], a[2], password).getSocketFactory().createSocket()) {
      s.connect(server.getLocalSocketAddress());
      SSLParameters p = s.getSSLParameters(); p.setEndpointIdentificationAlgorithm("HTTPS"); s.setSSLParameters(p);
      s.getOutputStream().write(7);
      System.out.println(s.getInputStream().read() == 7 ? s.getSession().getProtocol() : "closed");
    } catch (IOException e) {
      Throwable cause = e; while (cause.getCause() != null) cause = cause.getCause();
      System.out.println(cause.getMessage());
    }
  }
}`;

/** What the client says of a server with this fault. */
async function handshake(pki: Pki, fault?: FaultName): Promise<string> {
  const ca = pki.trust("ca");
  const store = async (recipe: CertificateRecipe) => {
    const pair = await pki.issue(recipe.profile, recipe);
    return file(`${recipe.profile}.p12`, keyStore({ pair, ca, alias: "key", password: PASSWORD }));
  };
  const server = await store({ profile: "server", ...(fault === undefined ? {} : { fault }) });
  const client = await store({ profile: "client" });
  const trust = file("trust.p12", trustStore({ ca, alias: "ca", password: PASSWORD }));
  return run("java", "-cp", dir, "Handshake", server, client, trust, PASSWORD).trim();
}

describe.skipIf(missing)(missing ? "Java (skipped: keytool is missing)" : "Java", () => {
  test.each(KEY_TYPES)("%s: a key store is listed as a private key with its chain", async (keyType) => {
    const pki = await createPki({ keyType });
    const pair = await pki.issue("app", { profile: "client" });
    const pfx = keyStore({ pair, ca: pki.trust("ca"), alias: "schlüssel 鍵", password: PASSWORD });
    const said = list(file("keys.p12", pfx));
    expect(said).toContain("Keystore type: PKCS12");
    expect(said).toContain("Your keystore contains 1 entry");
    expect(said).toContain("Alias name: schlüssel 鍵");
    expect(said).toContain("Entry type: PrivateKeyEntry");
    expect(said).toContain("Certificate chain length: 2");
    expect(said).toContain(new X509Certificate(pair.chain).fingerprint256);
  });

  test("a trust store is listed as a trusted certificate", async () => {
    const ca = (await createPki()).trust("ca");
    const said = list(file("trust.p12", trustStore({ ca, alias: "nats ca", password: PASSWORD })));
    expect(said).toContain("Your keystore contains 1 entry");
    expect(said).toContain("Alias name: nats ca");
    expect(said).toContain("Entry type: trustedCertEntry");
    expect(said).toContain(new X509Certificate(ca).fingerprint256);
  });

  describe("in a handshake", () => {
    beforeAll(() => {
      run("javac", "-d", dir, file("Handshake.java", HANDSHAKE));
    });

    test.each(KEY_TYPES)("%s: both sides take both stores", async (keyType) => {
      expect(await handshake(await createPki({ keyType }))).toBe("TLSv1.3");
    });

    test.each<[FaultName, RegExp]>([
      ["expired", /^NotAfter: /],
      ["stranger", /^unable to find valid certification path/],
      ["twin-ca", /^Signature does not match/],
      ["wrong-host", /^No subject alternative names matching IP address 127\.0\.0\.1/],
    ])("a server that is %s is refused for that", async (fault, reason) => {
      expect(await handshake(await createPki(), fault)).toMatch(reason);
    });
  });
});
