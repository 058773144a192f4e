/** tls-verify: mutual TLS; the server asks every client for a certificate of its CA. */
import { defineMode } from "../model.ts";
import { everyMode } from "./_every.ts";
import { tlsCertificates, tlsChecks } from "./_tls.ts";

export default defineMode({
  name: "tls-verify",
  aliases: ["mtls"],
  title: "TLS with verified client certificates",
  why: "The server proves itself to the client, and asks the client to do the same.",
  groups: ["core"],
  servers: {
    server: {
      template: "tls_verify.conf",
      params: { certificate: "@server.cert", key: "@server.key", ca: "@ca" },
    },
    mismatched: {
      template: "tls_verify.conf",
      params: { certificate: "@server.cert", key: "@spare.key", ca: "@ca" },
      during: "check",
    },
  },
  certificates: {
    ...tlsCertificates,
    app: { profile: "client" },
    other: { profile: "client" },
    stranger: { profile: "client", fault: "stranger", commonName: "app" },
    twin: { profile: "client", fault: "twin-ca", commonName: "app" },
    expired: { profile: "client", fault: "expired", commonName: "app" },
    "not-yet-valid": { profile: "client", fault: "not-yet-valid", commonName: "app" },
    "server-eku-only": { profile: "client", fault: "server-eku-only", commonName: "app" },
    "self-signed": { profile: "client", fault: "self-signed", commonName: "app" },
    "no-eku": { profile: "client", fault: "no-eku", commonName: "app" },
  },
  clients: { app: { trust: "ca", present: "app" } },
  checks: {
    ...everyMode({ tls_required: true, tls_verify: true }),
    ...tlsChecks,
    "no-certificate": {
      title: "no certificate",
      as: "app",
      but: { present: null },
      expect: "client-cert-missing",
    },
    stranger: {
      title: "a stranger's certificate",
      as: "app",
      but: { present: "stranger" },
      expect: "client-cert-untrusted",
    },
    twin: {
      title: "a certificate of another CA of the same name",
      as: "app",
      but: { present: "twin" },
      expect: "client-cert-untrusted",
    },
    "self-signed": {
      title: "a self-signed certificate",
      as: "app",
      but: { present: "self-signed" },
      expect: "client-cert-untrusted",
    },
    expired: {
      title: "an expired certificate",
      as: "app",
      but: { present: "expired" },
      expect: "client-cert-expired",
    },
    "not-yet-valid": {
      title: "a certificate that is not yet valid",
      as: "app",
      but: { present: "not-yet-valid" },
      expect: "client-cert-not-yet-valid",
    },
    "server-eku-only": {
      title: "a certificate for servers only",
      as: "app",
      but: { present: "server-eku-only" },
      expect: "client-cert-usage",
    },
    "no-eku": {
      title: "a certificate without extended key usage",
      as: "app",
      but: { present: "no-eku" },
      expect: "ok",
      note: "A certificate that names no usage is good for any (Go crypto/x509): `verify` does not demand clientAuth.",
    },
    "any-certificate": {
      title: "any other certificate of that CA",
      as: "app",
      but: { present: "other" },
      expect: "ok",
      note: "`verify` asks who issued the certificate, not whose it is: the whole CA gets in.",
    },
    "nats-js-stranger": {
      title: "nats.js with a stranger's certificate",
      as: "app",
      but: { present: "stranger" },
      driver: "nats.js",
      expect: "client-cert-untrusted",
    },
    "nats-js-no-certificate": {
      title: "nats.js with no certificate",
      as: "app",
      but: { present: null },
      driver: "nats.js",
      expect: "client-cert-missing",
    },
  },
});
