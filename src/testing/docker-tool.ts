/**
 * The image of nats-sandbox itself, built from this tree with docker/nats-sandbox.Dockerfile as it is. Only what that starts
 * from is made on the spot, so that no registry of images is needed: this machine's Node, npm and shell as the Node image.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type Docker from "dockerode";
import tar from "tar-stream";
import { imageOfBinary, librariesOf } from "../engines/docker/build.ts";
import { statusOf } from "../engines/docker/failures.ts";
import { readEvents } from "../engines/docker/pull.ts";
import { findOnPath } from "../server/programs.ts";
import { realServer } from "./cli-room.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const DOCKERFILE = "docker/nats-sandbox.Dockerfile";
/** Of the official image, those that the build and the tests need. */
const PROGRAMS = ["sh", "cat", "chmod", "cp", "env", "ln", "mkdir", "sleep", "tail"];

/** By path in the context of a build. */
type Files = ReadonlyMap<string, string | Buffer>;

export interface Tool extends AsyncDisposable {
  readonly image: string;
  /** Bytes that it has beyond the image it starts from. */
  readonly added: number;
}

export async function buildTool(docker: Docker, platform: string): Promise<Tool> {
  const tag = randomBytes(4).toString("hex");
  const [base, image] = [`nats-sandbox/test-base:${tag}`, `nats-sandbox/test-tool:${tag}`];
  const built = new Set<string>();
  const remove = async () => {
    for (const name of [image, base, ...[...built].reverse()]) await removeImage(docker, name);
  };
  try {
    const options = { platform, env: process.env, onProgress: () => {} };
    const nats = await imageOfBinary(docker, await realServer(), options);
    await build(docker, base, "Dockerfile", await baseFiles(), {}, built);
    await build(docker, image, DOCKERFILE, cloneFiles(), { NODE_IMAGE: base, NATS_IMAGE: nats }, built);
    const sizeOf = async (name: string) => (await docker.getImage(name).inspect()).Size;
    const added = (await sizeOf(image)) - (await sizeOf(base));
    return { image, added, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Adds to `built` what it leaves in the engine: an image for each step. */
async function build(
  docker: Docker,
  name: string,
  dockerfile: string,
  files: Files,
  buildargs: Readonly<Record<string, string>>,
  built: Set<string>,
): Promise<void> {
  const context = tar.pack();
  for (const [path, content] of files) context.entry({ name: path, mode: 0o755 }, content);
  context.finalize();
  // The network is for npm. Without the cache no step is an image of somebody else.
  const options = { t: name, dockerfile, buildargs, networkmode: "host", forcerm: true, nocache: true };
  let said = "";
  try {
    await readEvents(await docker.buildImage(context, options), (event) => {
      said += (event as { readonly stream?: string }).stream ?? "";
    });
  } catch (error) {
    throw new Error(`${dockerfile} cannot be built: ${error}\n${said.slice(-2000)}`);
  } finally {
    for (const [, id = ""] of said.matchAll(/^ ---> ([0-9a-f]{12})$/gm)) built.add(id);
  }
}

/** Only what has this name, or none at all: steps that a build starts from are images of others. */
async function removeImage(docker: Docker, name: string): Promise<void> {
  try {
    const { RepoTags } = await docker.getImage(name).inspect();
    if (RepoTags.every((tag) => tag === name)) await docker.getImage(name).remove();
  } catch (error) {
    if (statusOf(error) !== 404) throw error; // gone with the image that was made from it
  }
}

/** What .dockerignore leaves of a clone. */
function cloneFiles(): Files {
  const ignore = readFileSync(join(ROOT, ".dockerignore"), "utf8");
  const kept = [...ignore.matchAll(/^!(.+)$/gm)].map(([, path = ""]) => path);
  return new Map(kept.flatMap((path) => filesAt(join(ROOT, path), path)));
}

async function baseFiles(): Promise<Files> {
  const programs = await Promise.all(PROGRAMS.map(async (name) => [name, await pathOf(name)] as const));
  const paths = [process.execPath, ...programs.map(([, path]) => path)];
  const libraries = await Promise.all(paths.map((path) => librariesOf(path, process.env)));
  const linked = new Set(libraries.flat());
  const npm = dirname(dirname(realpathSync(await pathOf("npm"))));
  return new Map<string, string | Buffer>([
    ["Dockerfile", 'FROM scratch\nCOPY rootfs/ /\nRUN ["/usr/bin/chmod", "1777", "/tmp"]\n'],
    ["rootfs/tmp/.keep", ""],
    ["rootfs/bin/sh", readFileSync(await pathOf("sh"))],
    ["rootfs/usr/local/bin/node", readFileSync(process.execPath)],
    ["rootfs/usr/local/bin/npm", NPM.replace("REGISTRY", npmSetting("registry"))],
    ["rootfs/npm/authorities.pem", authorities()],
    ...programs.map(([name, path]) => [`rootfs/usr/bin/${name}`, readFileSync(path)] as const),
    ...[...linked].map((path) => [`rootfs${path}`, readFileSync(path)] as const),
    ...filesAt(npm, "rootfs/npm"),
  ]);
}

/** It finds packages where this machine does. */
const NPM = `#!/bin/sh
export NODE_EXTRA_CA_CERTS=/npm/authorities.pem npm_config_registry='REGISTRY' npm_config_cache=/tmp/npm
exec node /npm/bin/npm-cli.js "$@"
`;

function npmSetting(name: string): string {
  return execFileSync("npm", ["config", "get", name], { cwd: ROOT, encoding: "utf8" }).trim();
}

function authorities(): string {
  const files = [process.env.NODE_EXTRA_CA_CERTS ?? "", npmSetting("cafile")];
  return files
    .filter((file) => file.startsWith("/"))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
}

async function pathOf(program: string): Promise<string> {
  const [path] = await findOnPath(program, process.env);
  if (path === undefined) throw new Error(`there is no ${program} on PATH`);
  return path;
}

/** A file, or all those in a folder. */
function filesAt(path: string, name: string): readonly (readonly [string, Buffer])[] {
  if (!statSync(path).isDirectory()) return [[name, readFileSync(path)]];
  return readdirSync(path).flatMap((entry) => filesAt(join(path, entry), `${name}/${entry}`));
}
