/** A Docker engine of a test's own, for what nobody may do to the one that others use: to end it, and to fill its disk. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { connectDocker } from "../engines/docker/connect.ts";
import { eventually } from "./cli-program.ts";

/** Where programs of the system's administrator are, too. */
const PATH = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;

function has(program: string): boolean {
  return PATH.split(":").some((dir) => existsSync(join(dir, program)));
}

/** Empty where one can be started; else why not. */
export const NO_OWN_ENGINE =
  process.env.NATS_SANDBOX_TEST_DOCKER === "off"
    ? "NATS_SANDBOX_TEST_DOCKER is off"
    : process.getuid?.() !== 0
      ? "it needs root"
      : (["dockerd", "ip", "mount"].filter((name) => !has(name)).map((name) => `it needs ${name}`)[0] ?? "");

export interface OwnEngine extends AsyncDisposable {
  readonly host: string;
  readonly docker: Docker;
  start(): Promise<void>;
  /** Its containers end with it. */
  stop(): Promise<void>;
  /** Sends it a signal, and does not wait. */
  signal(name: NodeJS.Signals): void;
  /** All that its disk holds. */
  readonly disk: string;
}

/** `disk`: how much room its disk has, as `mount` writes it. Its network has no other way out than its proxies. */
export async function openOwnEngine(disk: string): Promise<OwnEngine> {
  const dir = mkdtempSync(join(tmpdir(), "nats-sandbox-engine-"));
  const data = join(dir, "data");
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, PATH } });
  const host = `unix://${dir}/docker.sock`;
  const bridge = `nsb${process.pid}`;
  mkdirSync(data);
  run("mount", "-t", "tmpfs", "-o", `size=${disk}`, "tmpfs", data);
  run("ip", "link", "add", bridge, "type", "bridge");
  run("ip", "addr", "add", `10.213.${process.pid % 256}.1/24`, "dev", bridge);
  let engine: ReturnType<typeof spawn> | undefined;

  const args = [
    ...["--host", host, "--data-root", data, "--exec-root", join(dir, "exec"), "--pidfile", join(dir, "pid")],
    ...[
      "--bridge",
      bridge,
      "--iptables=false",
      "--ip-masq=false",
      "--ip-forward=false",
      "--shutdown-timeout=3",
    ],
  ];
  const start = async () => {
    const log = openSync(join(dir, "log"), "a");
    engine = spawn("dockerd", args, { stdio: ["ignore", log, log], env: { ...process.env, PATH } });
    const { exitCode } = engine;
    const env = { DOCKER_HOST: host, PATH };
    await eventually(
      () =>
        connectDocker(env).then(
          () => true,
          () => {
            if (exitCode !== null) throw new Error(readFileSync(join(dir, "log"), "utf8"));
            return false;
          },
        ),
      "the engine to answer",
    );
  };
  const stop = async () => {
    if (engine === undefined || engine.exitCode !== null || engine.signalCode !== null) return;
    const ended = once(engine, "exit");
    engine.kill("SIGCONT");
    engine.kill("SIGTERM");
    await ended;
  };
  const dispose = async () => {
    await stop();
    run("ip", "link", "del", bridge);
    run("umount", data);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await start();
    const { docker } = await connectDocker({ DOCKER_HOST: host, PATH });
    return {
      host,
      docker,
      start,
      stop,
      disk: data,
      signal: (name) => void engine?.kill(name),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
