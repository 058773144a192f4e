/** The process engine in a room of its own, and what it started there. */

import type { Server } from "../engines/engine.ts";
import { createProcessEngine, type ProcessEngineOptions } from "../engines/process.ts";
import { SandboxError } from "../errors.ts";
import type { Listener } from "../model.ts";
import { openRoom, type Room, realServer } from "./cli-room.ts";

interface Asked {
  readonly id?: string;
  /** Default: an open server that listens where it was placed. */
  readonly config?: string;
  readonly listeners?: readonly Listener[];
  readonly signal?: AbortSignal;
}

export interface EngineLab extends AsyncDisposable {
  readonly room: Room;
  start(options?: Partial<ProcessEngineOptions>, asked?: Asked): Promise<Server>;
  /** Why a start failed. */
  failure(starting: Promise<Server>): Promise<SandboxError>;
}

export async function openEngineLab(): Promise<EngineLab> {
  const room = await openRoom("engine");
  const started: Server[] = [];
  return {
    room,
    async start(options = {}, asked = {}) {
      const { id = "mode/server", config, listeners = ["client"], signal } = asked;
      const { path, version, source } = await realServer();
      const engine = createProcessEngine({ binary: path, version, source, dir: room.work, ...options });
      const at = await engine.place(id, listeners);
      const monitor = at.ports.monitor === undefined ? "" : `http: "${at.host}:${at.ports.monitor}"\n`;
      const text = config ?? `host: "${at.host}"\nport: ${at.ports.client}\n${monitor}debug: true\n`;
      const files = { "server.conf": { text, secret: true }, "ca.pem": { text: "-", secret: false } };
      const spec = { id, files, listeners };
      const server = await engine.start(spec, at, signal ?? new AbortController().signal);
      started.push(server);
      return server;
    },
    async failure(starting) {
      const error = await starting.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!(error instanceof SandboxError)) throw new Error(`expected a SandboxError, got ${error}`);
      return error;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((server) => server.stop()));
      await room[Symbol.asyncDispose]();
    },
  };
}
