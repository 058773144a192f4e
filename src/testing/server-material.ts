/** Other certificates in the place of a server's own, made by the product itself: what is changed is the mode's data. */
import type { CertificateRecipe, Mode, ServerRecipe, TrustName } from "../model.ts";
import type { Sabotage } from "./sabotage.ts";

/** Serves a certificate and key of this recipe. */
export function withServerPair(recipe: CertificateRecipe): Sabotage {
  return {
    mode: (mode) => ({
      ...mode,
      certificates: { ...mode.certificates, spoilt: recipe },
      servers: {
        ...mode.servers,
        server: mainServer(mode, { "@server.cert": "@spoilt.cert", "@server.key": "@spoilt.key" }),
      },
    }),
  };
}

/** The main server of a mode, with other references in the place of some. */
export function mainServer(mode: Mode, changes: Readonly<Record<string, string>> = {}): ServerRecipe {
  const { server } = mode.servers;
  if (server === undefined) throw new Error(`mode ${mode.name} has no main server`);
  const params = Object.entries(server.params ?? {}).map(([key, ref]) => [key, changes[ref] ?? ref]);
  return { ...server, params: Object.fromEntries(params) as Record<string, string> };
}

/**
 * Adds another CA to the file that clients are judged by. The CAs of a mode are made when it comes up: so it comes up with
 * a server that nobody asks, and the one that is checked starts afterwards, when its CAs are known.
 */
export function withClientCa(name: TrustName): Sabotage {
  let more = "";
  return {
    mode: (mode) => ({
      ...mode,
      servers: {
        ...mode.servers,
        server: { ...mainServer(mode), during: "check" },
        first: { template: "open.conf" },
      },
    }),
    running: (running) => {
      more = running.connection("app", { trust: name, server: "first" }).tls?.ca ?? "";
      return running;
    },
    spec: (spec) => {
      const file = spec.files["ca.pem"];
      if (!spec.id.endsWith("/server") || file === undefined) return spec;
      return { ...spec, files: { ...spec.files, "ca.pem": { ...file, text: file.text + more } } };
    },
  };
}
