/** A Connection as the options of nats.js, the official JavaScript client; the client itself is not loaded. */
import type { ConnectionOptions, TlsOptions } from "@nats-io/transport-node";
import type { Connection } from "../model.ts";

/** The options of nats.js that say how to get in. */
export type NatsOptions = Pick<
  ConnectionOptions,
  "servers" | "user" | "pass" | "token" | "tls" | "inboxPrefix" | "reconnect"
>;

/** For programs: TLS is demanded wherever the connection is a TLS one. */
export function natsOptions(connection: Connection): NatsOptions {
  const options = natsJsOptions(connection);
  return connection.url.startsWith("tls:") ? { ...options, tls: options.tls ?? {} } : options;
}

/** Options for nats.js out of a connection. It takes no login from a URL, and only a `tls` option demands TLS. */
export function natsJsOptions(connection: Connection): NatsOptions {
  const { login, tls, inboxPrefix } = connection;
  const material: TlsOptions = {
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.present === undefined ? {} : { cert: tls.present.chain, key: tls.present.key }),
  };
  const demands = Object.keys(material).length > 0 || tls?.policy === "demand-by-option";
  return {
    servers: connection.url,
    ...(login?.user === undefined ? {} : { user: login.user }),
    ...(login?.password === undefined ? {} : { pass: login.password }),
    ...(login?.token === undefined ? {} : { token: login.token }),
    ...(demands ? { tls: material } : {}),
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
  };
}
