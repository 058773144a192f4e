/** The templates an own mode can use: what each needs. A test compares this with templates/server. */

/** A secret by name, or a PEM file by name. */
export type ParamKind = "secret" | "certificate" | "key" | "ca";

export interface Template {
  readonly needs: readonly string[];
  readonly may?: readonly string[];
  /** Takes `users`. */
  readonly users?: true;
  readonly what: string;
}

/** The one for own modes. */
export const DEFAULT_TEMPLATE = "users.conf";

export const TEMPLATES: Readonly<Record<string, Template>> = {
  "users.conf": {
    needs: [],
    may: ["certificate", "key", "ca"],
    users: true,
    what: "any number of users, each with permissions; TLS with certificate and key; client certificates with ca too",
  },
  "open.conf": { needs: [], what: "no security" },
  "user.conf": { needs: ["user", "password"], what: "one user" },
  "token.conf": { needs: ["token"], what: "one token" },
  "tls.conf": { needs: ["certificate", "key"], what: "TLS" },
  "tls_user.conf": { needs: ["certificate", "key", "user", "password"], what: "TLS and one user" },
  "tls_verify.conf": { needs: ["certificate", "key", "ca"], what: "TLS, and clients show a certificate" },
  "permissions.conf": {
    needs: ["appUser", "appPassword", "serviceUser", "servicePassword"],
    what: "the two users of the built-in mode permissions",
  },
};

export function paramKind(param: string): ParamKind {
  return param === "certificate" || param === "key" || param === "ca" ? param : "secret";
}
