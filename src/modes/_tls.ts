/** What is checked wherever the server speaks TLS: shared by every mode with a certificate. */
import type { Check } from "../model.ts";

/** `spare` has a key that does not belong to the server's certificate. */
export const tlsCertificates = {
  server: { profile: "server" },
  spare: { profile: "server" },
} as const;

export const tlsChecks = {
  chain: {
    title: "serves the certificate that was issued: names, usage, key, dates, order",
    as: "app",
    step: { op: "chain", certificate: "server" },
    expect: "ok",
  },
  trusted: { title: "a client that trusts the CA", as: "app", expect: "ok" },
  "by-ip": { title: "the same by address", as: "app", but: { verifyAs: "127.0.0.1" }, expect: "ok" },
  "tls-1.2": {
    title: "the same with TLS 1.2 at most",
    as: "app",
    but: { maxVersion: "TLSv1.2" },
    expect: "ok",
  },
  cipher: {
    title: "agrees on today's TLS version and cipher",
    as: "app",
    step: { op: "cipher" },
    expect: "ok",
  },
  plaintext: {
    title: "a client that stays in plaintext",
    as: "app",
    but: { tls: "never" },
    expect: "tls-required",
  },
  "tls-1.1": {
    title: "a client that offers TLS 1.1",
    as: "app",
    but: { maxVersion: "TLSv1.1" },
    expect: "tls-version",
  },
  "mismatched-key": {
    title: "does not start with a key of another certificate",
    as: "app",
    step: {
      op: "refuses-to-start",
      server: "mismatched",
      says: "private key does not match public key",
    },
    expect: "ok",
  },
  "no-ca": {
    title: "a client that trusts no CA of ours",
    as: "app",
    but: { trust: null },
    expect: "server-untrusted",
  },
  "stranger-ca": {
    title: "a client that trusts a stranger's CA",
    as: "app",
    but: { trust: "stranger" },
    expect: "server-untrusted",
  },
  "twin-ca": {
    title: "a client that trusts another CA of the same name",
    as: "app",
    but: { trust: "twin-ca" },
    expect: "server-untrusted",
  },
  "wrong-host": {
    title: "a client that means another host",
    as: "app",
    but: { verifyAs: "wrong-host.invalid" },
    expect: "server-name",
  },
  "wrong-ip": {
    title: "a client that means another address",
    as: "app",
    but: { verifyAs: "255.255.255.255" },
    expect: "server-name",
  },
  "default-trust": {
    title: "tls:// with the CA in the default trust store",
    as: "app",
    but: { trust: null },
    step: { op: "default-trust", extra: true },
    expect: "ok",
  },
  "default-trust-without": {
    title: "tls:// with the default trust store as it is",
    as: "app",
    but: { trust: null },
    step: { op: "default-trust", extra: false },
    control: "default-trust",
    expect: "server-untrusted",
  },
  "nats-js": { title: "nats.js that trusts the CA", as: "app", driver: "nats.js", expect: "ok" },
  "nats-js-stranger-ca": {
    title: "nats.js that trusts a stranger's CA",
    as: "app",
    but: { trust: "stranger" },
    driver: "nats.js",
    expect: "server-untrusted",
  },
} as const satisfies Record<string, Check<"app">>;
