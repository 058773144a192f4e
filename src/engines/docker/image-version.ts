/** Which nats-server an image holds: asked once an image, remembered by its id. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import { SandboxError } from "../../errors.ts";
import { versionFromBanner } from "../../server/binary.ts";
import { cacheDirectory } from "../../server/cache.ts";
import { makePrivateDir, replacePrivate } from "../../state/private-files.ts";
import { asEngineError } from "./failures.ts";
import { HARDENED } from "./hardening.ts";
import type { Labels } from "./labels.ts";
import { removeContainer } from "./remove.ts";

const FILE = "images.json";
/** Of what was printed, for an error. */
const MOST_WORDS = 200;
const TIMEOUT = 20_000;

type Known = Readonly<Record<string, string>>;

/** @throws SandboxError `server-broken` when the image holds no nats-server that can be used */
export async function versionOfImage(
  docker: Docker,
  image: { readonly id: string; readonly name: string },
  labels: Labels,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const known = read(env)[image.id];
  if (known !== undefined) return known;
  const version = await ask(docker, image, labels);
  remember(env, image.id, version);
  return version;
}

async function ask(
  docker: Docker,
  { id, name }: { readonly id: string; readonly name: string },
  labels: Labels,
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
    const output = new PassThrough();
    container.modem.demuxStream(stream, output, output);
    stream.once("end", () => output.end());
    const timer = setTimeout(() => stream.emit("end"), TIMEOUT); // some other program, which stays
    await container.start();
    const said = await text(output);
    clearTimeout(timer);
    const version = versionFromBanner(said);
    if (version !== undefined) return version;
    throw new SandboxError("server-broken", failed, {
      detail: `with --version it printed ${said.trim() === "" ? "nothing" : JSON.stringify(said.trim().slice(0, MOST_WORDS))}`,
      fix: "give an image whose entry point is nats-server, such as nats:2.15.1, with --image",
    });
  } catch (error) {
    throw asEngineError(error, failed);
  } finally {
    await removeContainer(container);
  }
}

function read(env: NodeJS.ProcessEnv): Known {
  const path = join(cacheDirectory(env), FILE);
  try {
    return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Known) : {};
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
