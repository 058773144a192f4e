/** `nats-sandbox exec`: start modes, run a command with their environment, stop; ends as the command did. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { constants } from "node:os";
import { CLEARED_NAMES, environmentOfModes } from "../env.ts";
import { codeOf, messageOf, SandboxError } from "../errors.ts";
import type { HandedOut } from "../handed-out.ts";
import { type Sandbox, startSandbox } from "../sandbox.ts";
import { complain } from "./output.ts";
import { modesToStart, type StartingOptions, sandboxOptions } from "./run.ts";
import { type ConfiguredOptions, settle, withoutFixedPorts } from "./settings.ts";
import { listenForSignals, type Signals } from "./signals.ts";

export interface ExecOptions extends StartingOptions, ConfiguredOptions {
  /** The client whose environment the command gets. */
  readonly as: string;
}

/** As shells tell of a command that did not run (POSIX XCU 2.8.2). */
const STATUS = { notExecutable: 126, notFound: 127 } as const;

/** The command's standard streams are its own: unless something fails, nothing else is said. */
export async function exec(
  names: readonly string[],
  command: readonly string[],
  flags: ExecOptions,
): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined || names.length === 0)
    throw new SandboxError("usage", names.length === 0 ? "no mode is named" : "no command is named", {
      fix: "nats-sandbox exec MODE… -- COMMAND…",
    });
  const { options, modes: all } = await settle([], flags);
  const modes = inGivenOrder(names, modesToStart(names, options, all.map(withoutFixedPorts)));
  const client = modes.find((mode) => !Object.hasOwn(mode.clients, options.as));
  if (client !== undefined)
    throw new SandboxError("unknown-client", `${client.name} has no client ${JSON.stringify(options.as)}`, {
      detail: `it has: ${Object.keys(client.clients).join(", ")}`,
      fix: "give one of these with --as",
    });
  using signals = listenForSignals();
  const name = `exec-${randomBytes(6).toString("hex")}`;
  const starting = sandboxOptions(name, options, (event) => {
    if (event.type === "note" && options.verbose === true) complain(event.text);
  });
  await using sandbox = await startSandbox(modes, { ...starting, signal: signals.signal });
  signals.signal.throwIfAborted();
  if (sandbox.failed[0] !== undefined) throw sandbox.failed[0].error;
  return await runCommand(program, args, environment(sandbox, options.as), signals);
}

/** As they were named: the unprefixed variables are the first one's. */
function inGivenOrder<M extends { readonly name: string; readonly aliases?: readonly string[] }>(
  names: readonly string[],
  modes: readonly M[],
): readonly M[] {
  const place = (mode: M) => {
    const at = names.findIndex((name) => name === mode.name || mode.aliases?.includes(name));
    return at < 0 ? names.length : at;
  };
  return [...modes].sort((a, b) => place(a) - place(b));
}

/** Variables of an outer `exec` or `env`. */
const PREFIXED = /^NATS_SANDBOX_.+_(URL|USER|PASSWORD|TOKEN|CREDS|NKEY|CA|CERT|KEY|CONTEXT)$/;

/** What is inherited, without what would get in the way, and with what the modes hand out. */
function environment(sandbox: Sandbox, client: string): NodeJS.ProcessEnv {
  const handedOut = sandbox.handOut().filter((one: HandedOut) => one.client === client);
  const inherited = Object.entries(process.env).filter(
    ([name]) => !CLEARED_NAMES.includes(name) && !PREFIXED.test(name),
  );
  return { ...Object.fromEntries(inherited), ...environmentOfModes(handedOut) };
}

async function runCommand(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signals: Signals,
): Promise<number> {
  const child = spawn(program, args, { env, stdio: "inherit" });
  using _ = signals.handOver((signal) => passOn(child, signal));
  return await new Promise((resolve) => {
    child.once("error", (error) => {
      complain(`✖ ${program} cannot be run: ${messageOf(error)}`);
      resolve(codeOf(error) === "ENOENT" ? STATUS.notFound : STATUS.notExecutable);
    });
    child.once("exit", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** A Ctrl-C on the terminal reaches the command by itself; any other signal comes to us alone. */
function passOn(child: ChildProcess, signal: NodeJS.Signals): void {
  if (signal === "SIGINT" && process.stdin.isTTY) return;
  child.kill(signal);
}
