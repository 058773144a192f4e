/** The image that servers run: the one asked for, the official one, or one built out of a binary of this machine. */
import type Docker from "dockerode";
import type { PullPolicy } from "../../config/config.ts";
import { messageOf, SandboxError } from "../../errors.ts";
import { DEFAULT_VERSION, findServer, readWish } from "../../server/find.ts";
import { type BuildOptions, hasImage, imageOfBinary } from "./build.ts";
import { DOCKER_HUB, registryOf } from "./credentials.ts";
import { engineFailure, wordsOf } from "./failures.ts";
import { pullImage } from "./pull.ts";

export interface ImageOptions extends BuildOptions {
  /** Reference of an image whose entry point is a nats-server: a name with a tag, a digest, or both. */
  readonly image?: string | undefined;
  readonly pull?: PullPolicy | undefined;
  /** PATH or VERSION of the nats-server that the image is to hold. */
  readonly server?: string | undefined;
  /** False: there is no binary to build an image out of, so nobody need look for one. */
  readonly build?: boolean | undefined;
  /** Neither pull nor fetch. */
  readonly offline?: boolean | undefined;
  /** How long (ms) a registry may take for its first answer. */
  readonly patience?: number | undefined;
}

export interface Image {
  readonly name: string;
  readonly id: string;
}

const OFFICIAL = "nats";
/** As `patience`, where nobody named an image: a network that swallows all must not keep us long from building one. */
const OFFICIAL_PATIENCE = 10_000;

/** @throws SandboxError `image-unavailable`, and what finding a server throws where it comes to that */
export async function obtainImage(docker: Docker, options: ImageOptions): Promise<Image> {
  const { image, server, env } = options;
  if (image !== undefined) return withId(docker, await ensure(docker, checkReference(image), options));
  const wish = await readWish(server, env);
  if (wish?.path !== undefined) return withId(docker, await built(docker, options));
  return withId(
    docker,
    await officialOrBuilt(docker, `${OFFICIAL}:${wish?.version ?? DEFAULT_VERSION}`, options),
  );
}

/** https://github.com/distribution/reference: a name, then a tag, a digest, or both. */
const REFERENCE = /^[a-zA-Z0-9][\w.:/-]*(?:@sha256:[0-9a-f]{64})?$|^sha256:[0-9a-f]{64}$/;

function checkReference(image: string): string {
  if (REFERENCE.test(image)) return image;
  throw new SandboxError("invalid-server", `${JSON.stringify(image)} is not the name of an image`, {
    fix: `it is written like ${OFFICIAL}:${DEFAULT_VERSION}, registry.example:5000/nats:2 or name@sha256:…`,
  });
}

/** That nobody named an image, so one that holds the same server will do. */
async function officialOrBuilt(docker: Docker, name: string, options: ImageOptions): Promise<string> {
  try {
    return await ensure(docker, name, { patience: OFFICIAL_PATIENCE, ...options });
  } catch (error) {
    if (options.build === false || options.pull === "always") throw error;
    if (!(error instanceof SandboxError) || error.code !== "image-unavailable") throw error;
    try {
      const { server: want, ...rest } = options;
      const binary = await findServer({ want, ...rest });
      const name = await imageOfBinary(docker, binary, { ...options, onProgress: () => {} });
      options.onProgress(`${error.message}: its place takes one built from ${binary.path}`);
      return name;
    } catch (reason) {
      options.signal?.throwIfAborted();
      throw new SandboxError("image-unavailable", error.message, {
        detail: `${error.detail}\nand none could be built: ${messageOf(reason)}`,
        fix: "docker pull it where a registry can be reached, or give a nats-server binary with --server",
      });
    }
  }
}

async function built(docker: Docker, options: ImageOptions): Promise<string> {
  const { server: want, ...rest } = options;
  return imageOfBinary(docker, await findServer({ want, ...rest }), options);
}

/** The engine has it when this is over. */
async function ensure(docker: Docker, name: string, options: ImageOptions): Promise<string> {
  const { pull = "missing", offline } = options;
  const has = await hasImage(docker, name);
  if (has && (pull === "missing" || isId(name))) return name;
  if (pull === "never" || offline === true || isId(name)) {
    if (has) return name;
    const why = isId(name)
      ? "an id alone tells no registry"
      : `nothing is pulled: ${offline ? "offline" : "--pull never"}`;
    throw unavailable(
      name,
      `the engine does not have it, and ${why}`,
      `docker pull ${name}, or let it be pulled`,
    );
  }
  try {
    await pullImage(docker, name, options);
    return name;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof SandboxError) throw error;
    const words = wordsOf(error);
    throw engineFailure(error) ?? unavailable(name, `the engine said: ${words}`, fixFor(words, name));
  }
}

function isId(name: string): boolean {
  return name.startsWith("sha256:");
}

function unavailable(name: string, detail: string, fix: string): SandboxError {
  return new SandboxError("image-unavailable", `the image ${name} is not to be had`, { detail, fix });
}

function fixFor(words: string, name: string): string {
  const registry = registryOf(name);
  const host = registry === DOCKER_HUB ? "" : ` ${registry}`;
  if (/no basic auth|unauthori[sz]ed|denied|authentication required/i.test(words))
    return `see whether the name is right; if its registry wants a login: docker login${host}`;
  if (/not found|manifest unknown|name unknown|invalid reference/i.test(words))
    return "see whether name and tag are right";
  return `see whether the engine reaches ${host === "" ? "the internet" : `the registry${host}`}, or give an image that it has, with --image and --pull never`;
}

async function withId(docker: Docker, name: string): Promise<Image> {
  const { Id } = await docker.getImage(name).inspect();
  return { name, id: Id };
}
