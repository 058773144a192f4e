/** Server configs from `templates/server`, with the one way of quoting that every server version reads alike. */

import { fileURLToPath } from "node:url";
import { Eta } from "eta";
import { SandboxError } from "./errors.ts";
import type { Capability, JetStreamLimits, Listener, Permissions } from "./model.ts";

/** What a client of JetStream publishes to, beside its own subjects: the API, acknowledgements, flow control (ADR-1, ADR-15). */
const JETSTREAM_API = ["$JS.API.>", "$JS.ACK.>", "$JS.FC.>"];

const VIEWS = fileURLToPath(new URL("../templates/server", import.meta.url));

/** What a template sees as `it`: the parameters of its mode, and these. */
export interface RenderContext {
  /** First line of the config. */
  readonly title: string;
  readonly host: string;
  /** Port to ask for per listener; a listener without one is not opened. */
  readonly ports: Readonly<Partial<Record<Listener, number>>>;
  /** Does the server version have this capability? A key that a version lacks must never be written. */
  readonly can: (capability: Capability) => boolean;
  readonly params: Readonly<Record<string, string>>;
  /** For `users.conf`. */
  readonly users: readonly RenderedUser[];
  /** Where streams are kept, and how much of them; absent: no JetStream. */
  readonly jetstream: (JetStreamLimits & { readonly store: string }) | undefined;
}

/** A user as the config names it; `password` is the hash where there is one. */
export interface RenderedUser {
  readonly user: string;
  readonly password: string;
  readonly permissions?: Permissions;
}

// `{{ }}` belongs to NATS itself, so templates use `<% %>`; nothing is HTML, so nothing is escaped.
const eta = new Eta({ views: VIEWS, autoEscape: false, autoTrim: false, cache: true, rmWhitespace: false });

/** Renders `templates/server/<name>.eta`. */
export function renderConfig(name: string, context: RenderContext): string {
  const it = {
    ...context,
    q: quote,
    list: (texts: readonly string[]) => `[${texts.map(quote).join(", ")}]`,
    param: (key: string) => parameter(name, context.params, key),
    grants: context.jetstream === undefined ? [] : JETSTREAM_API,
  };
  return eta.render(`${name}.eta`, it);
}

function parameter(template: string, params: Readonly<Record<string, string>>, key: string): string {
  const value = params[key];
  if (value === undefined) throw new SandboxError("bug", `template ${template} needs the parameter ${key}`);
  return quote(value);
}

/**
 * A double-quoted config string. The only escapes that every version from gnatsd 1.4.1 on reads are `\" \\ \n \t \r`
 * and `\xHH`; `$`, `{`, `#` and `'` are literal inside the quotes, on every version. (nats-server conf/lex.go.)
 */
export function quote(text: string): string {
  const escaped = text.replace(/["\\\u0000-\u001f\u007f]/g, (c) =>
    c === '"' || c === "\\" ? `\\${c}` : `\\x${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
  return `"${escaped}"`;
}
