/** `nats-sandbox exec`: start modes, run a command with their environment, stop; ends as the command did. */
import { randomBytes } from "node:crypto";
import { environmentOfModes, withoutOurs } from "../env.ts";
import { SandboxError } from "../errors.ts";
import type { HandedOut } from "../handed-out.ts";
import { type Sandbox, startSandbox } from "../sandbox.ts";
import { selectInOrder } from "../select.ts";
import { runCommand } from "./child.ts";
import { complain } from "./output.ts";
import { modesToStart, type StartingOptions, sandboxOptions } from "./run.ts";
import { type ConfiguredOptions, settle, withoutFixedPorts } from "./settings.ts";
import { listenForSignals } from "./signals.ts";

export interface ExecOptions extends StartingOptions, ConfiguredOptions {
  /** The client whose environment the command gets. */
  readonly as: string;
}

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
  // In this order: the unprefixed variables are the first one's.
  const inOrder = selectInOrder(names, all).map(withoutFixedPorts);
  const modes = modesToStart(names, options, inOrder);
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

/** What is inherited, without what would get in the way, and with what the modes hand out. */
function environment(sandbox: Sandbox, client: string): NodeJS.ProcessEnv {
  const handedOut = sandbox.handOut().filter((one: HandedOut) => one.client === client);
  return { ...withoutOurs(process.env), ...environmentOfModes(handedOut) };
}
