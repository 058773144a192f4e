/** The process engine: real nats-server processes on loopback, each born under a watchdog that outlives its owner. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, statfsSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { asSandboxError, SandboxError } from "../errors.ts";
import type { Listener } from "../model.ts";
import { makePrivateDir, replacePrivate, writePrivate } from "../state/private-files.ts";
import { recordProcess } from "../state/state.ts";
import { readInfo } from "../wire/session.ts";
import type { Engine, Placement, Server, ServerSpec } from "./engine.ts";
import { holderOf, listeningAddresses } from "./listening.ts";
import { LogFile } from "./log-file.ts";
import { announcedPorts, isReady, lastWords, takenPort } from "./server-words.ts";
import { type ToldServer, tellLameDuck, tellToReload } from "./told.ts";

export interface ProcessEngineOptions {
  /** Absolute path of the nats-server binary. */
  readonly binary: string;
  readonly version: string;
  /** Where the binary came from, for people. */
  readonly source: string;
  /** The sandbox's folder; each server gets `<dir>/<id>` as its own and as its working directory. */
  readonly dir: string;
  /** How long (ms) a server may take to be ready. */
  readonly startTimeout?: number;
}

const LOOPBACK = "127.0.0.1";
const CONFIG = "server.conf";
const LOG = "server.log";
const START_TIMEOUT = 10_000;
/** Bytes of room without which a server cannot say that it is ready. */
const SMALLEST_DISK = 8 * 1024;
/** How long (ms) a server gets to end after SIGTERM, before SIGKILL. */
const STOP_TIMEOUT = 2_000;

/**
 * The shell becomes the server (`exec`: same pid), after leaving behind a reader of the leash, a pipe on descriptor 3
 * whose other end the owner holds. End of file there means that the owner is gone, however it went: the reader kills
 * the group that it shares with the server alone, and with what the server may have started. A line releases the reader.
 * A group of its own also keeps a Ctrl-C on the terminal to the owner.
 */
const WATCHDOG = '( { read -r _ <&3 || kill -KILL 0; } & ); exec "$0" "$@" 3<&-';
const LEASH = 3;

export function createProcessEngine(options: ProcessEngineOptions): Engine {
  return {
    name: "process",
    title: `nats-server ${options.version} from ${options.source}`,
    version: options.version,
    async place(id, listeners, ports = {}) {
      return {
        root: join(options.dir, id),
        host: LOOPBACK,
        ports: Object.fromEntries(listeners.map((listener) => [listener, ports[listener] ?? -1])),
      };
    },
    hostsOf: () => [],
    start: (spec, at, signal) => startServer(options, spec, at, signal),
    close: async () => {}, // a watchdog goes with its server
  };
}

async function startServer(
  options: ProcessEngineOptions,
  spec: ServerSpec,
  at: Placement,
  signal: AbortSignal,
): Promise<Server> {
  signal.throwIfAborted();
  makePrivateDir(at.root);
  writeFiles(at.root, spec.files);
  const logPath = join(at.root, LOG);
  if (!existsSync(logPath)) writePrivate(logPath, "");
  const log = new LogFile(logPath); // from its end on: connections are numbered anew after a restart
  const child = spawnServer(options.binary, at.root, logPath);
  try {
    if (child.pid !== undefined) recordProcess(at.root, child.pid);
    const ports = await becomeReady(options, spec, child, log, signal);
    const { version = options.version } = await readInfo(
      at.host,
      ports.client ?? 0,
      performance.now() + 2_000,
    );
    const told: ToldServer = {
      id: spec.id,
      version: options.version,
      log,
      isOver: () => child.exitCode !== null || child.signalCode !== null,
      send: (name) => child.kill(name),
    };
    return {
      id: spec.id,
      version,
      address: (listener) => ({ host: at.host, port: ports[listener] ?? 0 }),
      elsewhere: {},
      listeners: () => listeningAddresses(child.pid ?? 0),
      story: (clientId, deadline) => log.story(clientId, deadline),
      log: async () => log.text(),
      async reload(files) {
        writeFiles(at.root, files);
        await tellToReload(told);
      },
      lameDuck: () => tellLameDuck(told),
      ended: ended(child),
      async stop() {
        await end(child);
        log[Symbol.dispose]();
      },
    };
  } catch (error) {
    await end(child, "SIGKILL");
    log[Symbol.dispose]();
    throw error;
  }
}

function writeFiles(root: string, files: ServerSpec["files"]): void {
  for (const [name, file] of Object.entries(files)) replacePrivate(join(root, name), file.text);
}

/** A child that could not be spawned has ended already. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
    await once(child, "exit");
}

function spawnServer(binary: string, root: string, logPath: string): ChildProcess {
  const output = openSync(logPath, "a");
  try {
    const child = spawn("/bin/sh", ["-c", WATCHDOG, binary, "-c", join(root, CONFIG)], {
      cwd: root,
      // Nothing of ours: an inherited SSL_CERT_FILE would make a server without `ca_file` trust that CA's clients.
      env: { PATH: "/usr/bin:/bin", HOME: root, TMPDIR: root },
      stdio: ["ignore", output, output, "pipe"],
      detached: true,
    });
    child.on("error", () => {}); // told by becomeReady: no pid
    const leash = child.stdio[LEASH] as Writable | null | undefined;
    leash?.on("error", () => {}); // somebody killed the reader
    child.once("exit", () => leash?.end("\n"));
    return child;
  } finally {
    closeSync(output);
  }
}

/** Waits for the server's own lines: where it listens, and that it is ready. */
async function becomeReady(
  options: ProcessEngineOptions,
  spec: ServerSpec,
  child: ChildProcess,
  log: LogFile,
  signal: AbortSignal,
): Promise<Partial<Record<Listener, number>>> {
  const timeout = options.startTimeout ?? START_TIMEOUT;
  const over = () =>
    child.pid === undefined || child.exitCode !== null || child.signalCode !== null || signal.aborted;
  const ready = await log.find((text) => (isReady(text) ? true : over() ? false : undefined), timeout);
  signal.throwIfAborted();
  if (ready !== true) throw startFailed(options, spec, log.text(), ready === undefined ? timeout : undefined);
  return announcedPorts(log.text());
}

function startFailed(
  options: ProcessEngineOptions,
  spec: ServerSpec,
  log: string,
  timedOut: number | undefined,
): SandboxError {
  const taken = takenPort(log);
  if (taken !== undefined) return portInUse(spec, taken);
  if (isDiskFull(options.dir))
    return asSandboxError(Object.assign(new Error("no server could write its log"), { code: "ENOSPC" }));
  const why =
    timedOut === undefined
      ? lastWords(log)
      : `it was not ready after ${timedOut / 1000} s; ${lastWords(log)}`;
  return new SandboxError("start-failed", `the server of ${spec.id} did not start`, {
    detail: `nats-server ${options.version} said: ${why}`,
    fix: "run `nats-sandbox config` for this mode to see its config, or try another server with --server",
  });
}

/** A server that cannot write its log says nothing at all. */
function isDiskFull(dir: string): boolean {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize < SMALLEST_DISK;
}

function portInUse({ id }: ServerSpec, port: number): SandboxError {
  const holder = holderOf(port);
  return new SandboxError("port-in-use", `port ${port}, asked for by ${id}, is taken`, {
    detail: holder === undefined ? "by a process that this user may not look into" : `by ${holder}`,
    fix: "stop that one, or ask for another port",
  });
}

/** SIGTERM, then SIGKILL; whatever of its process group is still there then, goes too. */
async function end(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => killGroup(pid), STOP_TIMEOUT);
    await exited;
    clearTimeout(timer);
  }
  killGroup(pid);
}

/** A group lives on as long as one of its members does, and so its number is not given away before. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // nobody is left in it
  }
}
