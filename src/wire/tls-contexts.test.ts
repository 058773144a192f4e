import { beforeAll, expect, it } from "vitest";
import type { KeyPair } from "../model.ts";
import { createPki, type Pki } from "../pki/pki.ts";
import { info, onFirstBytes, speak, stubServer } from "../testing/stub-server.ts";
import { WireSession } from "./session.ts";
import { TlsContexts } from "./tls-contexts.ts";

let pki: Pki;
let server: KeyPair;
let app: KeyPair;
beforeAll(async () => {
  pki = await createPki();
  [server, app] = await Promise.all([
    pki.issue("server", { profile: "server" }),
    pki.issue("app", { profile: "client" }),
  ]);
});

it("makes one context for the same material, and another wherever anything of it differs", async () => {
  const contexts = new TlsContexts();
  const ca = pki.trust("ca");
  const other = await pki.issue("app", { profile: "client" });
  const materials = [
    {},
    { ca },
    { ca: pki.trust("twin-ca") },
    { ca, present: app },
    { ca, present: other },
    { present: app },
    { ca, maxVersion: "TLSv1.1" },
    { ca, maxVersion: "TLSv1.2" },
    { ca, present: app, maxVersion: "TLSv1.2" },
  ] as const;
  const made = materials.map((material) => contexts.get(material));
  expect(new Set(made).size).toBe(materials.length);
  expect(materials.map((material) => contexts.get({ ...material, policy: "demand" }))).toEqual(made);
  expect(new TlsContexts().get({ ca })).not.toBe(contexts.get({ ca }));
});

it("lets nobody in by what another dial was trusted with", async () => {
  const contexts = new TlsContexts();
  await using stub = await stubServer((socket) => {
    socket.write(info({ tls_required: true }));
    onFirstBytes(socket, server, (spoken) => speak(spoken));
  });
  const dial = async (tls: object) => {
    const connection = { url: "tls://localhost:1", transport: "nats" as const, tls };
    const session = new WireSession(connection, {
      deadline: performance.now() + 20_000,
      through: { host: stub.host, port: stub.port },
      contexts,
    });
    const outcome = session.open().then(
      () => "in",
      (error: { code: string }) => error.code,
    );
    return outcome.finally(() => session.close());
  };
  const ca = pki.trust("ca");
  for (let round = 0; round < 2; round += 1) {
    expect(await dial({ ca })).toBe("in");
    expect(await dial({ ca: pki.trust("twin-ca") })).toBe("CERT_SIGNATURE_FAILURE");
    expect(await dial({})).toMatch(/^UNABLE_TO_/);
    expect(await dial({ ca, verifyAs: "nats.example.test" })).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  }
});
