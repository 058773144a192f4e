/** TLS contexts for many dials with the same material: parsing PEM costs more than the handshake's own arithmetic. */
import { createSecureContext, type SecureContext } from "node:tls";
import type { Connection } from "../model.ts";

export class TlsContexts {
  readonly #known = new Map<string, SecureContext>();

  /** The context for a connection's CA, certificate and highest version; made once. */
  get(tls: NonNullable<Connection["tls"]>): SecureContext {
    const { ca, present, maxVersion } = tls;
    const key = JSON.stringify([ca, present?.chain, maxVersion]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(present === undefined ? {} : { cert: present.chain, key: present.key }),
      ...(maxVersion === undefined ? {} : { maxVersion }),
      // OpenSSL offers 1.1 only at security level 0; without this it fails here and the server is never asked.
      ...(maxVersion === "TLSv1.1" ? { minVersion: "TLSv1" as const, ciphers: "DEFAULT@SECLEVEL=0" } : {}),
    });
    this.#known.set(key, made);
    return made;
  }
}
