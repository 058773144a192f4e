/** Has a snippet ready to be run with what this machine has: its client installed once, its program compiled. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf, messageOf, SandboxError } from "../errors.ts";
import { cacheDirectory, unusable } from "../server/cache.ts";
import { withLock } from "../server/lock.ts";
import { findOnPath, run } from "../server/programs.ts";
import { makePrivateDir, writePrivate } from "../state/private-files.ts";
import { LANGUAGES, type Language, type LanguageName } from "./languages.ts";
import { type Command, TOOLCHAINS, type Toolchain } from "./toolchains.ts";

export interface ToolchainOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Told what takes its time. */
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A program in a folder of its own, which goes when it is disposed of: it has secrets in it. */
export interface Runnable extends Disposable {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** How long (ms) an installation or a compilation may take. */
const DEADLINE = 600_000;
/** Says that a folder is whole. */
const READY = ".ready";
/** Lines of a tool that are shown when it fails. */
const SHOWN = 12;
/** Whom a program trusts must not depend on the shell it is started from. */
const TRUST = [
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "NODE_OPTIONS",
  "NODE_TLS_REJECT_UNAUTHORIZED",
];

/**
 * `within` is a private folder.
 * @throws SandboxError `toolchain-unusable` when something is missing, or a tool fails, in its own words;
 * `state-unusable` when the cache or `within` cannot be written
 */
export async function makeRunnable(
  name: LanguageName,
  code: string,
  within: string,
  options: ToolchainOptions,
): Promise<Runnable> {
  const cache = await prepared(name, options).catch((error: unknown) => {
    throw isOfFileSystem(error) ? unusable(options.env, error) : error;
  });
  return await compiled(name, code, { cache, within }, options).catch((error: unknown) => {
    if (!isOfFileSystem(error)) throw error;
    throw new SandboxError("state-unusable", `no program can be made in ${within}`, {
      detail: messageOf(error),
      fix: `make room, and the folder writable; if something is missing in ${cache}, remove that: it is made anew`,
      cause: error,
    });
  });
}

function isOfFileSystem(error: unknown): boolean {
  return !(error instanceof SandboxError) && codeOf(error) !== undefined;
}

async function compiled(
  name: LanguageName,
  code: string,
  { cache, within }: { readonly cache: string; readonly within: string },
  { env: inherited, signal }: ToolchainOptions,
): Promise<Runnable> {
  const toolchain: Toolchain = TOOLCHAINS[name];
  const here = mkdtempSync(join(within, "run-"));
  const remove = () => rmSync(here, { recursive: true, force: true, maxRetries: 3 });
  try {
    for (const entry of toolchain.link ?? []) symlinkSync(join(cache, entry), join(here, entry));
    for (const entry of toolchain.copy ?? [])
      cpSync(join(cache, entry), join(here, entry), { recursive: true, preserveTimestamps: true });
    writePrivate(join(here, toolchain.file), code);
    const env = environmentOf(toolchain, inherited, cache, here);
    const how = { env, cwd: toolchain.cwd ?? here, signal };
    const [program, ...args] = fill(toolchain.run, cache, here);
    const message = `the program in ${name} could not be compiled`;
    const fix =
      COMPILER_FIXES[name] ?? "without --run the same command prints it: try it in a project of yours";
    for (const command of toolchain.compile ?? [])
      await runTool(fill(command, cache, here), how, { message, fix });
    if (program.startsWith(here) && !existsSync(program))
      throw new SandboxError("toolchain-unusable", message, {
        detail: `its compiler ended with 0, and there is no ${program}`,
        fix: "look for settings of yours that have programs built for another machine, or put elsewhere",
      });
    const own = Object.fromEntries(Object.entries(env).filter(([key]) => !TRUST.includes(key)));
    return { program, args, env: own, [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The folder in the cache with the client of a language, made by the first who needs it. */
async function prepared(name: LanguageName, options: ToolchainOptions): Promise<string> {
  const { client, version }: Language = LANGUAGES[name];
  const toolchain: Toolchain = TOOLCHAINS[name];
  const { needs, project = {}, prepare = [] } = toolchain;
  for (const [program, how] of Object.entries(needs))
    if ((await findOnPath(program, options.env)).length === 0)
      throw new SandboxError("toolchain-unusable", `${program} is not on PATH, and ${name} needs it to run`, {
        fix: `install it: ${how}`,
      });
  const hash = createHash("sha256")
    .update(JSON.stringify([project, prepare]))
    .digest("hex")
    .slice(0, 12);
  const root = join(cacheDirectory(options.env), "snippets");
  const folder = join(root, `${name}-${hash}`);
  if (existsSync(join(folder, READY))) return folder;
  makePrivateDir(root);
  const onWait = (pid: number) => options.onProgress(`waiting for process ${pid}, which installs ${client}`);
  // Each command has its deadline, and a lock that lives longer than all of them is a dead one.
  const longest = (prepare.length + 1) * DEADLINE;
  await withLock(`${folder}.lock`, { longest, signal: options.signal, onWait }, async () => {
    if (existsSync(join(folder, READY))) return;
    rmSync(folder, { recursive: true, force: true });
    makePrivateDir(folder);
    for (const [file, text] of Object.entries(project)) writeFileSync(join(folder, file), text);
    if (prepare.length > 0) options.onProgress(`installing ${client} ${version}, once …`);
    const env = environmentOf(toolchain, options.env, folder, folder);
    const how = { env, cwd: toolchain.cwd ?? folder, signal: options.signal };
    const failure = {
      message: `the client of ${name} could not be installed`,
      fix: "is there a way to the package registry? Try the command that the first line of the snippet has",
    };
    for (const command of prepare) await runTool(fill(command, folder, folder), how, failure);
    writeFileSync(join(folder, READY), "");
  });
  return folder;
}

const COMPILER_FIXES: Partial<Record<LanguageName, string>> = {
  c: "install libnats with its headers: apt-get install libnats-dev, or brew install cnats",
};

interface ToolOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/** When it fails, that is told as `failure`, with the tool's own words. */
async function runTool(
  [program, ...args]: Command,
  { env, cwd, signal }: ToolOptions,
  failure: { readonly message: string; readonly fix: string },
): Promise<void> {
  const [path = program] = program.includes("/") ? [program] : await findOnPath(program, env);
  const said = await run(path, args, { env, cwd, signal, deadline: DEADLINE }).catch((error: unknown) => {
    signal.throwIfAborted();
    return { code: null, stdout: "", stderr: messageOf(error) };
  });
  if (said.code === 0) return;
  const lines = `${said.stdout}\n${said.stderr}`.split("\n").filter((line) => line.trim() !== "");
  const detail = [`${program} said:`, ...lines.slice(-SHOWN)].join("\n");
  throw new SandboxError("toolchain-unusable", failure.message, { detail, fix: failure.fix });
}

/** An empty value takes a variable away. */
function environmentOf(
  { env = {} }: Toolchain,
  inherited: NodeJS.ProcessEnv,
  cache: string,
  here: string,
): NodeJS.ProcessEnv {
  const own = Object.entries(env).map(
    ([key, value]) => [key, filled(value, cache, here) || undefined] as const,
  );
  return { ...inherited, ...Object.fromEntries(own) };
}

function fill([program, ...args]: Command, cache: string, here: string): Command {
  return [filled(program, cache, here), ...args.map((arg) => filled(arg, cache, here))];
}

function filled(text: string, cache: string, here: string): string {
  return text.replaceAll("{cache}", cache).replaceAll("{here}", here);
}
