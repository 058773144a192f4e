/** Chooses the engine that runs a sandbox's servers. */
import type { DockerSettings } from "../config/config.ts";
import { SandboxError } from "../errors.ts";
import type { EngineName } from "../model.ts";
import { findServer } from "../server/find.ts";
import type { Engine } from "./engine.ts";
import { createProcessEngine } from "./process.ts";

export interface EngineOptions extends DockerSettings {
  /** `auto` is the process engine, and Docker where no nats-server can be had for that. */
  readonly engine?: "auto" | EngineName;
  /** PATH or VERSION of the nats-server to run. */
  readonly server?: string;
  /** Never fetch a nats-server, nor pull an image. */
  readonly offline?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Where the engine may keep files of its servers, and what the sandbox is called. */
interface Place {
  readonly dir: string;
  readonly name: string;
}

export async function chooseEngine(options: EngineOptions, place: Place): Promise<Engine> {
  switch (options.engine ?? "auto") {
    case "kubernetes":
      throw new SandboxError("engine-unavailable", "the kubernetes engine is not part of this version", {
        fix: "use --engine process, which needs nothing but a nats-server binary, or --engine docker",
      });
    case "docker":
      return openDocker(options, place);
    case "process":
      return openProcess(options, place);
    case "auto":
      return chooseForUser(options, place);
  }
}

/** Options that make no sense but with containers choose the engine, too. */
function wantsContainers({ image, pull, network, alias, containers }: DockerSettings): boolean {
  return [image, pull, network, alias].some((option) => option !== undefined) || containers === true;
}

async function chooseForUser(options: EngineOptions, place: Place): Promise<Engine> {
  if (wantsContainers(options)) return openDocker(options, place);
  try {
    return await openProcess(options, place);
  } catch (error) {
    if (!(error instanceof SandboxError) || error.code !== "server-not-found") throw error;
    try {
      const engine = await openDocker({ ...options, build: false }, place);
      options.onProgress?.(`${error.message}: the docker engine runs one`);
      return engine;
    } catch (reason) {
      options.signal?.throwIfAborted();
      if (!(reason instanceof SandboxError)) throw reason;
      const { detail, fix } = error;
      throw new SandboxError(error.code, error.message, {
        detail: [detail, `and ${reason.message}: ${reason.detail}`].filter(Boolean).join("\n"),
        ...(fix === undefined ? {} : { fix }),
        cause: reason,
      });
    }
  }
}

async function openProcess(options: EngineOptions, { dir }: Place): Promise<Engine> {
  if (process.platform === "win32")
    throw new SandboxError("engine-unavailable", "the process engine does not run on Windows itself", {
      fix: "run nats-sandbox inside WSL",
    });
  const { server: want, offline, env, onProgress, signal } = options;
  const { path, version, source } = await findServer({
    ...(want === undefined ? {} : { want }),
    ...(env === undefined ? {} : { env }),
    offline,
    onProgress,
    signal,
  });
  return createProcessEngine({ binary: path, version, source, dir });
}

/** Its client library is large: it is loaded by those alone who need it. */
async function openDocker(
  options: EngineOptions & { readonly build?: boolean },
  place: Place,
): Promise<Engine> {
  const { openDockerEngine } = await import("./docker/open.ts");
  const { env = process.env, onProgress = () => {} } = options;
  return openDockerEngine({ ...options, ...place, env, onProgress });
}

/** Before anything is made: do these options go together, and with so many modes? Throws SandboxError `usage`. */
export function checkContainers(options: EngineOptions, modes: number): void {
  const { engine = "auto", alias, network } = options;
  if (engine === "process" && wantsContainers(options))
    throw new SandboxError("usage", "the process engine runs no containers", {
      detail:
        "an image, when to pull it, a network, an alias in it and --containers are for the docker engine",
      fix: "leave them out, or use --engine docker",
    });
  if (alias === undefined) return;
  if (network === undefined)
    throw new SandboxError("usage", "an alias is a name in a network, and there is none", {
      fix: "name the network with --network",
    });
  if (modes !== 1)
    throw new SandboxError("usage", `an alias is the name of one server, and ${modes} modes are started`, {
      fix: "start one mode, or leave --alias out: each server is nats-MODE then",
    });
}
