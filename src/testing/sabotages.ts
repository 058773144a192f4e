/** Ways to spoil a running mode, few and broad: between them they turn every check of every mode red. */
import { deciderOf } from "../classify.ts";
import type { Mode } from "../model.ts";
import { readInfo } from "../wire/session.ts";
import { but, type Sabotage } from "./sabotage.ts";
import { mainServer, withServerPair } from "./server-material.ts";
import {
  behindRelay,
  besidePlaintext,
  besideTls,
  onConfig,
  withoutBlocks,
  withValues,
} from "./spoilt-servers.ts";

export interface Way {
  readonly name: string;
  /** What is no longer as it should be: the server, the clients, or what the engine tells of the server. */
  readonly breaks: "server" | "client" | "evidence";
  /** Undefined for a mode in which there is nothing of the kind to spoil. */
  of(mode: Mode): Promise<Sabotage | undefined>;
}

const hasLogin = ({ clients }: Mode) => clients.app?.login !== undefined;
const hasTls = ({ certificates }: Mode) => certificates !== undefined;
const asksClients = ({ clients }: Mode) => clients.app?.present !== undefined;
const hasHash = ({ secrets }: Mode) => Object.values(secrets ?? {}).some(({ hash }) => hash !== undefined);
const hasPermissions = ({ checks }: Mode) =>
  Object.values(checks).some(({ expect }) => expect === "publish" || expect === "subscribe");
const refuses = ({ checks }: Mode) =>
  Object.values(checks).some(({ expect }) => expect !== "ok" && deciderOf(expect) === "server");
const any = () => true;

/** What is made anew for each run, because it remembers what it met on the way up. */
function way(
  breaks: Way["breaks"],
  name: string,
  applies: (mode: Mode) => boolean,
  make: (mode: Mode) => Sabotage | Promise<Sabotage>,
): Way {
  return { name, breaks, of: async (mode) => (applies(mode) ? make(mode) : undefined) };
}

const inServer: readonly Way[] = [
  way("server", "no authorization", hasLogin, () =>
    onConfig((config) => withoutBlocks(config, "authorization")),
  ),
  way("server", "other secrets", hasLogin, () =>
    onConfig((config) => withValues(config, ["password", "token"], '"sabotage"')),
  ),
  way(
    "server",
    "authorization where there is none",
    (mode) => !hasLogin(mode),
    () => onConfig((config) => `${config}\nauthorization { token: "sabotage" }\n`),
  ),
  way("server", "no permissions", hasPermissions, () =>
    onConfig((config) => withoutBlocks(config, "permissions")),
  ),
  way("server", "everything denied", hasPermissions, () =>
    onConfig((config) =>
      withValues(config, ["permissions"], '{ publish: { deny: [">"] }, subscribe: { deny: [">"] } }'),
    ),
  ),
  way("server", "every address", any, () => onConfig((config) => withValues(config, ["host"], '"0.0.0.0"'))),
  way("server", "TLS beside plaintext", any, (mode) => (hasTls(mode) ? besidePlaintext() : besideTls())),
  way("server", "a stranger's certificate", hasTls, () =>
    withServerPair({ profile: "server", fault: "stranger" }),
  ),
  way("server", "an expired certificate", hasTls, () =>
    withServerPair({ profile: "server", fault: "expired" }),
  ),
  way("server", "a certificate for another host", hasTls, () =>
    withServerPair({ profile: "server", fault: "wrong-host" }),
  ),
  way("server", "a certificate for one address more", hasTls, () => ({
    options: { hosts: ["255.255.255.255"] },
  })),
  way("server", "clients asked for no certificate", asksClients, () =>
    onConfig((config) => withoutBlocks(config, "verify")),
  ),
  way("server", "a key that fits", hasTls, () => ({
    mode: (mode) => ({
      ...mode,
      servers: { ...mode.servers, mismatched: { ...mainServer(mode), during: "check" } },
    }),
  })),
  way("server", "secrets in clear", hasHash, () => ({
    mode: (mode) => ({
      ...mode,
      servers: {
        ...mode.servers,
        server: mainServer(mode, {
          "$app.hash": mode.secrets?.app?.kind === "token" ? "$app.token" : "$app.password",
        }),
      },
    }),
  })),
  way("server", "the TLS of yesterday", hasTls, () =>
    behindRelay((pair) => ({
      info: { tls_required: true },
      tls: {
        cert: pair.chain,
        key: pair.key,
        minVersion: "TLSv1",
        maxVersion: "TLSv1.2",
        ciphers: "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0",
      },
    })),
  ),
  // What a man in the middle does who wants the login in plaintext.
  way("server", "INFO without TLS", hasTls, () =>
    behindRelay(() => ({ info: { tls_required: false, tls_available: false } })),
  ),
];

const inClients: readonly Way[] = [
  way("client", "twins that differ in nothing", any, () => ({
    running: (running) => but(running, { connection: (client) => running.connection(client) }),
  })),
  way("client", "clients that never turn to TLS", hasTls, () => ({
    ...besidePlaintext(),
    running: (running) =>
      but(running, {
        connection: (client, twin) => running.connection(client, { ...twin, trust: null, tls: "never" }),
      }),
  })),
  way("client", "another CA in the default trust store", hasTls, () => ({
    running: (running) =>
      but(running, { ca: running.connection("app", { trust: "stranger" }).tls?.ca ?? "" }),
  })),
];

const inEvidence: readonly Way[] = [
  way("evidence", "a log without a line of the connection", refuses, () => ({
    server: async (server) => but(server, { story: async () => [] }),
  })),
  way("evidence", "the log lines of another connection", refuses, () => ({
    server: async (server) => {
      const { host, port } = server.address("client");
      const { client_id = 0 } = await readInfo(host, port, performance.now() + 3_000);
      return but(server, { story: (_, deadline) => server.story(client_id, deadline) });
    },
  })),
  way("evidence", "an engine that knows of no listener", any, () => ({
    server: async (server) => but(server, { listeners: async () => [] }),
  })),
];

export const WAYS: readonly Way[] = [...inServer, ...inClients, ...inEvidence];
