/** A connection that differs from a good one in one thing: for tests of what must not get in. */
import { loginOf, withoutLogin } from "../env.ts";
import { SandboxError } from "../errors.ts";
import type { ClientSpec, Connection, Login, Mode, TrustName } from "../model.ts";
import type { RunningMode } from "../running/running.ts";

/** What is different. `null` takes something away, and what is not named stays as it is. */
export interface Twin {
  /** Any of these in place of the right one. */
  readonly login?: {
    readonly user?: string | null;
    readonly password?: string | null;
    readonly token?: string | null;
  } | null;
  /** A certificate of the mode by name, such as `stranger`: `Object.keys(mode.certificates)` has them. */
  readonly present?: string | null;
  /** Whose certificates it believes; `null`: those that the system does. */
  readonly trust?: TrustName | null;
  /** `demand`: it is told `tls://`, whatever the server says. */
  readonly tls?: "demand";
  /** A server of the mode by name, that is up beside the one its clients dial. */
  readonly server?: string;
}

const TRUST: readonly TrustName[] = ["ca", "stranger", "twin-ca"];

/** @throws SandboxError `unknown-client`; `usage` for a twin that the mode cannot have */
export function connectionOf(running: RunningMode, client: string, twin: Twin = {}): Connection {
  const { mode } = running;
  if (!Object.hasOwn(mode.clients, client))
    throw new SandboxError("unknown-client", `${mode.name} has no client ${JSON.stringify(client)}`, {
      detail: `it has: ${Object.keys(mode.clients).join(", ")}`,
      fix: "name one of these",
    });
  const { login, ...rest } = twin;
  checkTwin(mode, running.serverNames, rest);
  const connection = running.connection(client, rest satisfies ClientSpec);
  return login === undefined ? connection : withOtherLogin(connection, login);
}

function checkTwin(mode: Mode, servers: readonly string[], { present, trust, server }: Twin): void {
  const certificates = Object.keys(mode.certificates ?? {});
  if (typeof present === "string" && !certificates.includes(present))
    throw notThere(mode, "certificate", present, certificates);
  if (typeof trust === "string" && (certificates.length === 0 || !TRUST.includes(trust)))
    throw notThere(mode, "CA", trust, certificates.length === 0 ? [] : TRUST);
  if (server !== undefined && !servers.includes(server)) throw notThere(mode, "server", server, servers);
}

function notThere(mode: Mode, what: string, name: string, all: readonly string[]): SandboxError {
  return new SandboxError("usage", `${mode.name} has no ${what} ${JSON.stringify(name)}`, {
    detail: all.length === 0 ? `it has no ${what} at all` : `it has: ${all.join(", ")}`,
    fix: all.length === 0 ? "leave it out" : "name one of these",
  });
}

/** A login that travels in the URL is taken out of it. */
function withOtherLogin(connection: Connection, changes: Twin["login"]): Connection {
  const { login: _, ...rest } = { ...connection, url: withoutLogin(connection.url) };
  if (changes === null) return rest;
  const slots = Object.entries({ ...loginOf(connection), ...changes }).filter(
    (slot): slot is [string, string] => typeof slot[1] === "string",
  );
  return slots.length === 0 ? rest : { ...rest, login: Object.fromEntries(slots) as Login };
}
