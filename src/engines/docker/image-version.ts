/** Which nats-server an image holds: asked once an image, remembered by its id. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import type Docker from "dockerode";
import type { Container } from "dockerode";
import { SandboxError } from "../../errors.ts";
import { versionFromBanner } from "../../server/binary.ts";
import { cacheDirectory } from "../../server/cache.ts";
import { makePrivateDir, replacePrivate } from "../../state/private-files.ts";
import { asEngineError, engineFailure, wordsOf } from "./failures.ts";
import { HARDENED } from "./hardening.ts";
import type { Labels } from "./labels.ts";
import { removeContainer } from "./remove.ts";

const FILE = "images.json";
/** Of what was printed, for an error. */
const MOST_WORDS = 200;
/** Beyond this many characters it is some other program, which goes on and on. */
const MOST_OUTPUT = 10_000;
/** How long (ms) the program may run: a server that was asked for its version ends at once. */
const TIMEOUT = 10_000;

interface VersionOptions {
  readonly labels: Labels;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

type Known = Readonly<Record<string, string>>;

/** @throws SandboxError `server-broken` when the image holds no nats-server that can be used */
export async function versionOfImage(
  docker: Docker,
  image: { readonly id: string; readonly name: string },
  options: VersionOptions,
): Promise<string> {
  const { env } = options;
  const known = read(env)[image.id];
  if (known !== undefined) return known;
  const version = await ask(docker, image, options);
  remember(env, image.id, version);
  return version;
}

async function ask(
  docker: Docker,
  { id, name }: { readonly id: string; readonly name: string },
  { labels, signal }: VersionOptions,
): Promise<string> {
  const failed = `the image ${name} holds no nats-server that can be used`;
  const container = await docker
    .createContainer({
      Image: id,
      Labels: labels,
      User: "10000:10000",
      Cmd: ["--version"],
      HostConfig: { ...HARDENED, NetworkMode: "none" },
    })
    .catch((error: unknown) => {
      throw asEngineError(error, failed);
    });
  try {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    await container.start().catch((error: unknown) => {
      throw engineFailure(error) ?? broken(failed, `it does not start: ${wordsOf(error)}`);
    });
    const said = await wordsOfProgram(container, stream, signal);
    const version = versionFromBanner(said);
    if (version !== undefined) return version;
    const shown = said.trim() === "" ? "nothing" : JSON.stringify(said.trim().slice(0, MOST_WORDS));
    throw broken(failed, `with --version it printed ${shown}`);
  } catch (error) {
    throw signal?.aborted ? signal.reason : asEngineError(error, failed);
  } finally {
    await removeContainer(container);
  }
}

/** What it prints until it ends, within limits: it may be any program. */
async function wordsOfProgram(
  container: Container,
  stream: NodeJS.ReadableStream,
  signal: AbortSignal | undefined,
): Promise<string> {
  const limit = AbortSignal.timeout(TIMEOUT);
  const enough = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  let said = "";
  await new Promise<void>((resolve) => {
    const output = new Writable({
      write(chunk: Buffer, _encoding, done) {
        said += chunk.toString("utf8");
        if (said.length > MOST_OUTPUT) resolve();
        done();
      },
    });
    container.modem.demuxStream(stream, output, output);
    for (const event of ["end", "close", "error"]) stream.once(event, () => resolve());
    enough.addEventListener("abort", () => resolve(), { once: true });
    if (enough.aborted) resolve();
  });
  signal?.throwIfAborted();
  return said;
}

function broken(message: string, detail: string): SandboxError {
  return new SandboxError("server-broken", message, {
    detail,
    fix: "give an image whose entry point is nats-server, such as nats:2.15.1, with --image",
  });
}

function read(env: NodeJS.ProcessEnv): Known {
  const path = join(cacheDirectory(env), FILE);
  try {
    return existsSync(path) ? ((JSON.parse(readFileSync(path, "utf8")) as Known | null) ?? {}) : {};
  } catch {
    return {}; // to be asked again
  }
}

/** A cache that cannot be written costs time, nothing else. */
function remember(env: NodeJS.ProcessEnv, id: string, version: string): void {
  try {
    makePrivateDir(cacheDirectory(env));
    replacePrivate(join(cacheDirectory(env), FILE), JSON.stringify({ ...read(env), [id]: version }));
  } catch {
    // asked again next time
  }
}
