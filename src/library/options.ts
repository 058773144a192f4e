/** What `startMode` and `startSandbox` are told, and what that means to a sandbox. */
import type { EngineOptions } from "../engines/choose.ts";
import { SandboxError } from "../errors.ts";
import type { GroupName, JetStreamLimits, KeyType, Mode } from "../model.ts";
import { JETSTREAM_LIMITS, withJetStream } from "../modes/_jetstream.ts";
import type { ModeName } from "../modes/all.gen.ts";
import { LONGEST_NAME, NAME, NO_MODE_NAME } from "../name-rules.ts";
import { ENGINES, KEY_TYPES, PULL_POLICIES } from "../option-words.ts";
import type { SandboxEvent } from "../results.ts";
import { selectMode, selectModes } from "../select.ts";

/** A mode by its name, or as data of your own. */
export type ModeArgument = ModeName | Mode;

/** Several modes by one word: a mode, a group, or `all`. */
export type ModesArgument = ModeArgument | GroupName | "all";

export interface StartOptions extends Omit<EngineOptions, "env" | "onProgress" | "signal"> {
  /** Of the sandbox; a name in use is an error. Default: one that nobody else has. */
  readonly name?: string;
  /**
   * Folder of all sandboxes, made with mode 0700. Default: NATS_SANDBOX_HOME, or one of the user's own in the system's
   * folder for temporary files, where no watcher of a project is disturbed.
   */
  readonly home?: string;
  /** `lasting`: the same ports, secrets and certificates as the last time under this name. Default: `fresh`. */
  readonly identity?: "fresh" | "lasting";
  /** Names and addresses the certificates are good for, beside localhost, 127.0.0.1 and ::1. */
  readonly hosts?: readonly string[];
  /** Of every certificate. Default: `p256`. */
  readonly keyType?: KeyType;
  /** The servers keep streams: within 64 MiB of memory and 1 GiB of disk, or these limits (bytes). */
  readonly jetstream?: boolean | JetStreamLimits;
  /** Open the monitoring port too, on loopback. */
  readonly monitor?: boolean;
  /** Told of what happens while it is up. What it throws is an uncaught exception, as with an EventTarget. */
  readonly onEvent?: (event: SandboxEvent) => void;
  /** Aborted while it starts, the start fails with its reason; aborted later, all of it stops. */
  readonly signal?: AbortSignal;
  /**
   * Signals that stop it before they end the process. Default: none; then whoever handles them stops it, and where the
   * process ends without, the servers still end with it.
   */
  readonly stopOn?: readonly NodeJS.Signals[];
}

/** For programs that no compiler has checked. @throws SandboxError `usage` */
export function checkOptions({ engine, pull, keyType, jetstream }: StartOptions): void {
  checkWord("engine", engine, ENGINES);
  checkWord("pull", pull, PULL_POLICIES);
  checkWord("keyType", keyType, KEY_TYPES);
  if (jetstream === undefined || typeof jetstream === "boolean") return;
  const { memory, disk }: Partial<JetStreamLimits> = Object(jetstream);
  const limits = [memory, disk];
  if (limits.every((bytes = 0) => Number.isSafeInteger(bytes) && bytes > 0)) return;
  throw new SandboxError("usage", `${JSON.stringify(jetstream)} are no limits of JetStream`, {
    fix: "give both in bytes, { memory: 67108864, disk: 1073741824 }, or true",
  });
}

function checkWord(option: string, value: string | undefined, all: readonly string[]): void {
  if (value === undefined || all.includes(value)) return;
  throw new SandboxError("usage", `the option ${option} is ${JSON.stringify(value)}`, {
    fix: `give one of: ${all.join(", ")}`,
  });
}

/** @throws SandboxError `unknown-mode`; `usage` for data that are no mode */
export function modeOf(argument: ModeArgument, options: StartOptions): Mode {
  return withStreams(typeof argument === "string" ? selectMode(argument) : checkMode(argument), options);
}

/** Each once. @throws SandboxError `unknown-mode`; `usage` when there is none, or two have one name */
export function modesOf(all: readonly ModesArgument[], options: StartOptions): readonly Mode[] {
  if (all.length === 0)
    throw new SandboxError("usage", "no mode is named", {
      fix: 'name some, or a group of them such as "core"',
    });
  const modes = all.flatMap((one) => (typeof one === "string" ? selectModes([one]) : [checkMode(one)]));
  const each = [...new Set(modes)];
  const twice = each.find(({ name }, i) => each.findIndex((other) => other.name === name) < i);
  if (twice !== undefined)
    throw new SandboxError("usage", `two of the modes are called ${twice.name}`, {
      fix: "give one of them another name",
    });
  return each.map((mode) => withStreams(mode, options));
}

/** A name becomes a folder: whatever else is wrong with a mode of one's own, it stays within the sandbox's. */
function checkMode(mode: Mode): Mode {
  const { name, servers, clients, checks, groups } = mode;
  if (typeof name !== "string" || !NAME.test(name) || name.length > LONGEST_NAME || name === NO_MODE_NAME)
    throw new SandboxError("usage", `${JSON.stringify(name)} is no name of a mode`, {
      fix: `use up to ${LONGEST_NAME} lower-case letters, digits and single dashes, a letter first`,
    });
  const lacks = Object.entries({ servers, clients, checks, groups }).find(
    ([, value]) => typeof value !== "object",
  );
  if (lacks === undefined && clients.app !== undefined) return mode;
  throw new SandboxError("usage", `${name} is no mode: it has no ${lacks?.[0] ?? "client app"}`, {
    fix: "give a mode as the type Mode has it, or one that you changed of MODES",
  });
}

function withStreams(mode: Mode, { jetstream = false }: StartOptions): Mode {
  if (jetstream === false || mode.jetstream !== undefined) return mode;
  return withJetStream(mode, jetstream === true ? JETSTREAM_LIMITS : jetstream);
}
