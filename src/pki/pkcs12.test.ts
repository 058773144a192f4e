/** PKCS#12 stores as Node opens them, and what they refuse to hold. */
import { createSecureContext } from "node:tls";
import { expect, test } from "vitest";
import type { KeyType } from "../model.ts";
import { keyStore, trustStore } from "./pkcs12.ts";
import { createPki } from "./pki.ts";

const pki = await createPki();
const ca = pki.trust("ca");
const pair = await pki.issue("app", { profile: "client" });

test.each<KeyType>(["p256", "p384", "rsa2048", "ed25519"])("%s: Node opens a key store", async (keyType) => {
  const own = await createPki({ keyType });
  const pfx = keyStore({
    pair: await own.issue("app", { profile: "client" }),
    ca: own.trust("ca"),
    alias: "app",
    password: "a b~!",
  });
  createSecureContext({ pfx, passphrase: "a b~!" });
});

test("a wrong password does not open it, and the key is nowhere in clear", () => {
  const pfx = keyStore({ pair, ca, alias: "app", password: "right" });
  expect(() => createSecureContext({ pfx, passphrase: "wrong" })).toThrow("mac verify failure");
  const key = Buffer.from(pair.key.split("\n").slice(1, -2).join(""), "base64");
  expect(pfx.includes(key.subarray(-32))).toBe(false);
});

test("a changed byte is noticed", () => {
  const pfx = keyStore({ pair, ca, alias: "app", password: "right" });
  pfx[200] = (pfx[200] ?? 0) ^ 1;
  expect(() => createSecureContext({ pfx, passphrase: "right" })).toThrow("mac verify failure");
});

test("two stores of the same content have neither ciphertext nor salt in common", () => {
  const [one, two] = [1, 2].map(() => trustStore({ ca, alias: "ca", password: "right" }));
  // Behind the algorithms, well within the encrypted certificate.
  expect(one?.subarray(200, 400)).not.toEqual(two?.subarray(200, 400));
  expect(one?.subarray(-40)).not.toEqual(two?.subarray(-40));
});

test.each(["", "a\nb", "\u{1f511}"])("the alias %j is refused", (alias) => {
  for (const make of [
    () => trustStore({ ca, alias, password: "right" }),
    () => keyStore({ pair, ca, alias, password: "right" }),
  ]) {
    expect(make).toThrow(expect.objectContaining({ code: "invalid-name", fix: expect.any(String) }));
  }
});

test.each(["", "pässwörd", "a\tb"])("the password %j is refused, and not repeated", (password) => {
  for (const make of [
    () => trustStore({ ca, alias: "a", password }),
    () => keyStore({ pair, ca, alias: "a", password }),
  ]) {
    expect(make).toThrow(
      expect.objectContaining({
        code: "invalid-secret",
        message: "that cannot be the password of a PKCS#12 store",
      }),
    );
  }
});
