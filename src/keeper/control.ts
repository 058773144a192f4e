/** What the owner of a sandbox does for other commands, asked through its control socket (HTTP, one request a connection). */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { asSandboxError, codeOf, SandboxError } from "../errors.ts";
import type { RunningMode } from "../running/running.ts";
import type { Sandbox } from "../sandbox.ts";
import { isSelected, selectModes } from "../select.ts";
import { type LogLine, logLines } from "./logs.ts";
import { listenAt } from "./socket.ts";
import type { Status } from "./status.ts";

export interface Controlled {
  readonly sandbox: Sandbox;
  status(): Promise<Status>;
  /** Ends the sandbox in order; resolves at once. */
  stop(options: { readonly forget: boolean }): void;
}

/** The error of a failed request, as it crosses the socket. */
export interface ErrorDocument {
  readonly error: Pick<SandboxError, "code" | "message" | "detail" | "fix">;
}

/** Answers until it is closed. */
export async function openControl(controlled: Controlled): Promise<() => void> {
  const server = createServer((request, response) => {
    answer(controlled, request, response).catch((error) => {
      if (response.headersSent) response.destroy();
      else json(response, 500, errorDocument(error));
    });
  });
  await listenAt(server, controlled.sandbox.dir);
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

async function answer(
  { sandbox, status, stop }: Controlled,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://owner");
  const modes = modesOf(sandbox, url.searchParams.getAll("mode"));
  switch (`${request.method} ${url.pathname}`) {
    case "GET /status":
      return json(response, 200, await status());
    case "POST /stop":
      json(response, 202, {});
      return stop({ forget: url.searchParams.has("forget") });
    case "POST /restart":
      await sandbox.restart(modes);
      return json(response, 200, await status());
    case "POST /renew":
      return json(response, 200, {
        modes: (await sandbox.renew(modes, { certificates: true })).map(({ mode }) => mode.name),
      });
    case "GET /logs": {
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      const lines = logLines(modes, {
        follow: url.searchParams.has("follow"),
        last: Number(url.searchParams.get("last") ?? Number.POSITIVE_INFINITY),
        signal: gone.signal,
      });
      return stream(response, lines);
    }
    default:
      return json(response, 404, errorDocument(new SandboxError("bug", `nobody knows ${url.pathname}`)));
  }
}

/** The modes of these names, aliases and groups, as far as they are up; all of them when none is named. */
function modesOf(sandbox: Sandbox, names: readonly string[]): readonly RunningMode[] {
  const up = sandbox.running.map(({ mode }) => mode);
  if (names.length === 0) return sandbox.running;
  for (const name of names) if (!isSelected(name, up)) throw notUp(name, sandbox);
  const chosen = selectModes(names, up);
  return sandbox.running.filter(({ mode }) => chosen.includes(mode));
}

function notUp(name: string, { name: sandbox, running }: Sandbox): SandboxError {
  return new SandboxError("not-up", `${JSON.stringify(name)} is not up in the sandbox ${sandbox}`, {
    detail: `up there: ${running.map(({ mode }) => mode.name).join(", ")}`,
    fix: "name one of these, or none for all of them",
  });
}

function json(response: ServerResponse, code: number, document: unknown): void {
  response.writeHead(code, { "content-type": "application/json" });
  response.end(JSON.stringify(document));
}

/** One JSON document a line, as fast as the reader takes them, and for as long as it stays. */
async function stream(response: ServerResponse, lines: AsyncIterable<LogLine>): Promise<void> {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.flushHeaders();
  const encoded = Readable.from(lines).map((line: LogLine) => `${JSON.stringify(line)}\n`);
  await pipeline(encoded, response).catch((error) => {
    if (codeOf(error) !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  });
}

export function errorDocument(error: unknown): ErrorDocument {
  const { code, message, detail, fix } = asSandboxError(error);
  return { error: { code, message, detail, fix } };
}
