/** Steps that look at a server from outside instead of dialling as a client. */
import type { Server } from "../engines/engine.ts";
import { isLoopback } from "../engines/listening.ts";
import { messageOf, SandboxError } from "../errors.ts";
import type { Check, Step } from "../model.ts";
import type { RunningMode } from "../running/running.ts";
import { readInfo } from "../wire/session.ts";
import type { CheckContext, Inspection } from "./context.ts";
import { inspectChain, inspectCipher, inspectPlaintext } from "./inspect-tls.ts";

export type InspectStep = Extract<
  Step,
  {
    op: "info" | "listeners" | "chain" | "cipher" | "nothing-before-tls" | "refuses-to-start" | "only-hashes";
  }
>;

export async function inspect(context: CheckContext, check: Check, step: InspectStep): Promise<Inspection> {
  const { running, timeout } = context;
  switch (step.op) {
    case "info":
      return inspectInfo(await running.server("server"), step, timeout);
    case "listeners":
      return inspectListeners(running, step);
    case "chain":
      return inspectChain(context, check, step);
    case "cipher":
      return inspectCipher(context, check);
    case "nothing-before-tls":
      return inspectPlaintext(context, check);
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
): Promise<Inspection> {
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
): Promise<Inspection> {
  const server = await running.server("server");
  const found = await server.listeners();
  // An engine on another machine publishes where it is dialled: that one's loopback is out of reach.
  const { host: there } = server.address("client");
  const askedFor = running.listeners.filter((listener) => listener === "monitor");
  const wanted = [...step.exactly, ...askedFor].map((listener) => server.address(listener).port);
  const ports = found.map(({ port }) => port);
  const holds =
    found.every(({ host }) => isLoopback(host) || host === there) &&
    ports.length === wanted.length &&
    wanted.every((port) => ports.includes(port));
  const log = (await server.log())
    .split("\n")
    .filter((line) => /Listening for|Starting https? monitor/.test(line));
  return {
    holds,
    client: `the system says it listens on ${found.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`).join(", ") || "nothing"}`,
    server: log.map((line) => line.replace(/^\[\d+\] \S+ \S+ /, "")),
  };
}

async function inspectStart(
  running: RunningMode,
  step: Extract<Step, { op: "refuses-to-start" }>,
): Promise<Inspection> {
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
async function inspectHashes(running: RunningMode): Promise<Inspection> {
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
