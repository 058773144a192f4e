/** The image that servers run: the one asked for, the official one, or one built out of a binary of this machine. */
import type Docker from "dockerode";
import { messageOf, SandboxError } from "../../errors.ts";
import { DEFAULT_VERSION, findServer, readWish } from "../../server/find.ts";
import { type BuildOptions, hasImage, imageOfBinary } from "./build.ts";
import { engineFailure, statusOf, wordsOf } from "./failures.ts";
import { pullImage } from "./pull.ts";

/** `missing`: only what the engine does not have; `always`: see whether there is a newer one; `never`: use what is there. */
export type PullPolicy = "missing" | "always" | "never";

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
}

export interface Image {
  readonly name: string;
  readonly id: string;
}

const OFFICIAL = "nats";

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
    return await ensure(docker, name, options);
  } catch (error) {
    if (options.build === false) throw error;
    if (!(error instanceof SandboxError) || error.code !== "image-unavailable") throw error;
    options.onProgress(`${error.message}: ${error.detail?.split("\n")[0]}`);
    try {
      return await built(docker, options);
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
  const { server: want, offline, ...rest } = options;
  return imageOfBinary(docker, await findServer({ want, offline, ...rest }), options);
}

/** The engine has it when this is over. */
async function ensure(docker: Docker, name: string, options: ImageOptions): Promise<string> {
  const { pull = "missing", offline } = options;
  const has = await hasImage(docker, name);
  if (pull === "never" || offline === true) {
    if (has) return name;
    throw unavailable(
      name,
      `the engine does not have it, and pulling is ruled out${offline ? ": offline" : ""}`,
    );
  }
  if (has && pull === "missing") return name;
  try {
    await pullImage(docker, name, options);
    return name;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw (
      engineFailure(error) ??
      unavailable(
        name,
        `${statusOf(error) === undefined ? "the registry" : "the engine"} said: ${wordsOf(error)}`,
      )
    );
  }
}

function unavailable(name: string, detail: string): SandboxError {
  return new SandboxError("image-unavailable", `the image ${name} is not to be had`, {
    detail,
    fix: "see whether the name is right, whether its registry can be reached, and whether it wants a login (docker login)",
  });
}

async function withId(docker: Docker, name: string): Promise<Image> {
  const { Id } = await docker.getImage(name).inspect();
  return { name, id: Id };
}
