/** tls: the server proves itself to the client with a certificate; nothing is sent in plaintext. */
import { defineMode } from "../model.ts";
import { everyMode } from "./_every.ts";
import { tlsCertificates, tlsChecks } from "./_tls.ts";

export default defineMode({
  name: "tls",
  title: "TLS",
  why: "The server proves itself with a certificate, and whoever does not turn to TLS is turned away.",
  groups: ["core"],
  servers: {
    server: { template: "tls.conf", params: { certificate: "@server.cert", key: "@server.key" } },
    mismatched: {
      template: "tls.conf",
      params: { certificate: "@server.cert", key: "@spare.key" },
      during: "check",
    },
  },
  certificates: tlsCertificates,
  clients: { app: { trust: "ca" } },
  checks: { ...everyMode({ tls_required: true }), ...tlsChecks },
});
