/** Chooses the engine that runs a sandbox's servers. */
import { SandboxError } from "../errors.ts";
import type { EngineName } from "../model.ts";
import { findServer } from "../server/find.ts";
import type { Engine } from "./engine.ts";
import { createProcessEngine } from "./process.ts";

export interface EngineOptions {
  /** `auto` is the process engine. */
  readonly engine?: "auto" | EngineName;
  /** PATH or VERSION of the nats-server to run. */
  readonly server?: string;
  /** Never fetch a nats-server. */
  readonly offline?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** `dir` is where the engine may keep the files of its servers. */
export async function chooseEngine(options: EngineOptions, dir: string): Promise<Engine> {
  const { engine = "auto", server, ...rest } = options;
  if (engine !== "auto" && engine !== "process")
    throw new SandboxError("engine-unavailable", `the ${engine} engine is not part of this version`, {
      fix: "use --engine process, which needs nothing but a nats-server binary",
    });
  if (process.platform === "win32")
    throw new SandboxError("engine-unavailable", "the process engine does not run on Windows itself", {
      fix: "run nats-sandbox inside WSL",
    });
  const { path, version, source } = await findServer({
    ...rest,
    ...(server === undefined ? {} : { want: server }),
  });
  return createProcessEngine({ binary: path, version, source, dir });
}
