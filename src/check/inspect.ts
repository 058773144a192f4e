/** Steps that look at a server from outside instead of dialling as a client. */
import { X509Certificate } from "node:crypto";
import { dial } from "../dial/dial.ts";
import type { Server } from "../engines/engine.ts";
import { isLoopback } from "../engines/listening.ts";
import { messageOf, SandboxError } from "../errors.ts";
import type { Check, Step } from "../model.ts";
import type { RunningMode } from "../running.ts";
import type { TapRecord } from "../tap.ts";
import { readInfo } from "../wire/session.ts";

export type InspectStep = Extract<
  Step,
  {
    op: "info" | "listeners" | "chain" | "cipher" | "nothing-before-tls" | "refuses-to-start" | "only-hashes";
  }
>;

/** What was found: `holds` when it is exactly what the step asks for. */
export interface Finding {
  readonly holds: boolean;
  readonly client: string;
  readonly server: readonly string[];
}

export async function inspect(
  running: RunningMode,
  check: Check,
  step: InspectStep,
  timeout: number,
): Promise<Finding> {
  switch (step.op) {
    case "info":
      return inspectInfo(await running.server("server"), step, timeout);
    case "listeners":
      return inspectListeners(running, step);
    case "chain":
      return inspectChain(running, check, step, timeout);
    case "cipher":
      return inspectCipher(running, check, timeout);
    case "nothing-before-tls":
      return inspectPlaintext(running, check, timeout);
    case "refuses-to-start":
      return inspectStart(running, step);
    case "only-hashes":
      return inspectHashes(running);
  }
}

async function inspectInfo(
  server: Server,
  step: Extract<Step, { op: "info" }>,
  timeout: number,
): Promise<Finding> {
  const { host, port } = server.address("client");
  const info = await readInfo(host, port, performance.now() + timeout);
  const wrong = Object.entries(step.promises).filter(
    ([field, promised]) => (info[field as "auth_required"] ?? false) !== promised,
  );
  const said = Object.keys(step.promises).map(
    (field) => `${field}: ${info[field as "auth_required"] ?? "absent"}`,
  );
  return { holds: wrong.length === 0, client: `INFO says ${said.join(", ")}`, server: [] };
}

/** The operating system's view decides; the server's own lines are shown beside it. */
async function inspectListeners(
  running: RunningMode,
  step: Extract<Step, { op: "listeners" }>,
): Promise<Finding> {
  const server = await running.server("server");
  const found = await server.listeners();
  const askedFor = running.listeners.filter((listener) => listener === "monitor");
  const wanted = [...step.exactly, ...askedFor].map((listener) => server.address(listener).port);
  const ports = found.map(({ port }) => port);
  const holds =
    found.every(({ host }) => isLoopback(host)) &&
    ports.length === wanted.length &&
    wanted.every((port) => ports.includes(port));
  const log = (await server.log())
    .split("\n")
    .filter((line) => /Listening for|Starting https? monitor/.test(line));
  return {
    holds,
    client: `the system says it listens on ${found.map(({ host, port }) => `${host}:${port}`).join(", ") || "nothing"}`,
    server: log.map((line) => line.replace(/^\[\d+\] \S+ \S+ /, "")),
  };
}

/** Reads the certificates off the wire (TLS 1.2 sends them in clear) and compares them with those that were issued. */
async function inspectChain(
  running: RunningMode,
  check: Check,
  step: Extract<Step, { op: "chain" }>,
  timeout: number,
): Promise<Finding> {
  const tap = await tapped(running, check, timeout, { maxVersion: "TLSv1.2" });
  const issued = pemBlocks(running.pair(step.certificate).chain).map((pem) => new X509Certificate(pem));
  const served = (tap.record?.served ?? []).map((der) => new X509Certificate(der));
  const same =
    served.length === issued.length &&
    served.every((one, i) => one.raw.equals(issued[i]?.raw ?? Buffer.alloc(0)));
  const [leaf] = served;
  return {
    holds: tap.in && same && leaf !== undefined && isServerLeaf(leaf, running),
    client: leaf === undefined ? "no certificate was served" : `served ${served.length}: ${describe(leaf)}`,
    server: tap.story,
  };
}

/** Judged by the certificate alone, so that a fault of our own PKI is found too. */
function isServerLeaf(leaf: X509Certificate, running: RunningMode): boolean {
  const now = Date.now();
  const names = subjectNames(leaf);
  const hosts = ["DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1"];
  const ca = new X509Certificate(running.ca ?? "");
  return (
    hosts.every((name) => names.includes(name)) &&
    names.length === hosts.length + running.hosts.length &&
    leaf.keyUsage?.length === 1 &&
    leaf.keyUsage[0] === "1.3.6.1.5.5.7.3.1" && // serverAuth
    Date.parse(leaf.validFrom) <= now &&
    now < Date.parse(leaf.validTo) &&
    !leaf.ca &&
    leaf.checkIssued(ca) &&
    leaf.verify(ca.publicKey)
  );
}

function subjectNames(certificate: X509Certificate): readonly string[] {
  return (certificate.subjectAltName ?? "").split(", ").filter((name) => name !== "");
}

function describe(leaf: X509Certificate): string {
  const kind = leaf.publicKey.asymmetricKeyDetails?.namedCurve ?? leaf.publicKey.asymmetricKeyType;
  return `${subjectNames(leaf).join(", ")}; ${kind}; until ${leaf.validTo}`;
}

function pemBlocks(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** Suites with forward secrecy and authenticated encryption: all of TLS 1.3, and those of TLS 1.2 named here. */
const MODERN = /^(TLS_|ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM|CHACHA20))/;

async function inspectCipher(running: RunningMode, check: Check, timeout: number): Promise<Finding> {
  const { trace, story } = await connect(running, check, timeout, {});
  const { version = "no TLS", cipher = "" } = trace.tls ?? {};
  return {
    holds: trace.pong && /^TLSv1\.[23]$/.test(version) && MODERN.test(cipher),
    client: `${version} ${cipher}`.trim(),
    server: story.filter((line) => /TLS/.test(line)),
  };
}

async function inspectPlaintext(running: RunningMode, check: Check, timeout: number): Promise<Finding> {
  const { in: gotIn, record, story } = await tapped(running, check, timeout, {});
  const sent = record?.plaintext ?? "";
  const said = record?.tls ? `the tap saw ${Buffer.byteLength(sent)} bytes before TLS` : "the tap saw no TLS";
  return { holds: gotIn && record?.tls === true && sent === "", client: said, server: story };
}

async function inspectStart(
  running: RunningMode,
  step: Extract<Step, { op: "refuses-to-start" }>,
): Promise<Finding> {
  try {
    await running.server(step.server);
    return { holds: false, client: "the server started", server: [] };
  } catch (error) {
    const said =
      error instanceof SandboxError && error.code === "start-failed"
        ? (error.detail ?? "")
        : messageOf(error);
    return { holds: said.includes(step.says), client: "the server did not start", server: [said] };
  }
}

/** Whoever reads the server's folder must not find a secret that has a hash. */
async function inspectHashes(running: RunningMode): Promise<Finding> {
  const config = running.config("server");
  const log = await (await running.server("server")).log();
  const warned = log.split("\n").filter((line) => /Plaintext passwords detected/.test(line));
  const holds = !running.holdsClearSecret(config) && config.includes("$2a$") && warned.length === 0;
  return {
    holds,
    client: holds ? "the config holds a bcrypt hash only" : "the config holds a clear secret",
    server: warned,
  };
}

async function tapped(
  running: RunningMode,
  check: Check,
  timeout: number,
  tls: { readonly maxVersion?: "TLSv1.2" },
) {
  const { trace, record, story } = await connect(running, check, timeout, tls, true);
  return { in: trace.pong, record, story };
}

async function connect(
  running: RunningMode,
  check: Check,
  timeout: number,
  tls: { readonly maxVersion?: "TLSv1.2" },
  throughTap = false,
) {
  const server = await running.server("server");
  const connection = running.connection(check.as, { ...check.but, ...tls });
  const { trace, tap } = await dial({
    driver: check.driver ?? "wire",
    connection,
    step: { op: "connect" },
    at: server.address("client"),
    party: (client) => running.connection(client),
    timeout,
    tapped: throughTap,
  });
  const record: TapRecord | undefined = tap;
  return {
    trace,
    record,
    story: trace.clientId === undefined ? [] : await server.story(trace.clientId, 1_000),
  };
}
