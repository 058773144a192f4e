/** A real nats-server with a config out of `templates/server`, as the product renders it, and what a login there comes to. */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Server } from "../engines/engine.ts";
import { createProcessEngine } from "../engines/process.ts";
import type { Login } from "../model.ts";
import { type RenderContext, renderConfig } from "../render.ts";
import { can } from "../server/capabilities.ts";
import { findServer, type ServerBinary } from "../server/find.ts";
import { WireSession } from "../wire/session.ts";

let found: Promise<ServerBinary> | undefined;

export interface RenderedServer extends AsyncDisposable {
  readonly server: Server;
  readonly host: string;
  readonly port: number;
  readonly binary: ServerBinary;
  readonly configPath: string;
}

/** Its files are in a folder of its own below `dir`, which goes with it. */
export async function startRendered(
  dir: string,
  template: string,
  context: Partial<RenderContext>,
): Promise<RenderedServer> {
  found ??= findServer();
  const binary = await found;
  const engine = createProcessEngine({ binary: binary.path, ...binary, dir, startTimeout: 30_000 });
  const id = randomUUID();
  const at = await engine.place(id, ["client"]);
  const text = renderConfig(template, {
    title: "a test",
    host: at.host,
    ports: at.ports,
    can: (capability) => can(binary.version, capability),
    params: {},
    users: [],
    jetstream: undefined,
    ...context,
  });
  const spec = { id, files: { "server.conf": { text, secret: true } }, listeners: ["client"] as const };
  const server = await engine.start(spec, at, new AbortController().signal);
  return {
    server,
    ...server.address("client"),
    binary,
    configPath: join(at.root, "server.conf"),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(at.root, { recursive: true });
    },
  };
}

/** `in`, or what the server said; by a connection of its own, which is closed. */
export async function loginOutcome(server: Where, login: Login | undefined): Promise<string> {
  return (await tryLogin(server, login)).said;
}

type Where = Pick<RenderedServer, "host" | "port">;

/** The same, with the number by which the server's log names the connection. */
export async function tryLogin(
  { host, port }: Where,
  login: Login | undefined,
): Promise<{ readonly said: string; readonly clientId: number | undefined }> {
  const session = new WireSession(
    { url: `nats://${host}:${port}`, transport: "nats", ...(login === undefined ? {} : { login }) },
    { deadline: performance.now() + 20_000 },
  );
  const { trace } = session;
  try {
    await session.open();
    await session.connect();
    return { said: "in", clientId: trace.clientId };
  } catch (error) {
    return { said: trace.errors[0] ?? String(error), clientId: trace.clientId };
  } finally {
    session.close();
  }
}
