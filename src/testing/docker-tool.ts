/**
 * The image of nats-sandbox itself, built from docker/nats-sandbox.Dockerfile as it is. Only what it starts from is made on
 * the spot, for where no registry of images can be reached: this machine's Node, npm and shell in place of the official image.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import type Docker from "dockerode";
import type { Container, ContainerCreateOptions } from "dockerode";
import tar from "tar-stream";
import { imageOfBinary } from "../engines/docker/build.ts";
import { ROLE } from "../engines/docker/labels.ts";
import { readEvents } from "../engines/docker/pull.ts";
import { removeContainer } from "../engines/docker/remove.ts";
import { findOnPath } from "../server/programs.ts";
import type { Finished } from "./cli-program.ts";
import { realServer } from "./cli-room.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DOCKERFILE = "docker/nats-sandbox.Dockerfile";
/** Of the official image, those that builds and tests need. */
const PROGRAMS = ["sh", "cat", "chmod", "cp", "env", "id", "ln", "mkdir", "rm", "sleep", "tail"];

type Content = string | Buffer;
type Files = ReadonlyMap<string, Content>;

type Told = Omit<Finished, "status">;

export interface ToolRun extends Omit<ContainerCreateOptions, "Image" | "Cmd"> {
  /** What to do while it runs; `told` grows. */
  readonly running?: (container: Container, told: Told) => Promise<void>;
}

export interface Tool extends AsyncDisposable {
  readonly image: string;
  /** Bytes that it has beyond the image it starts from. */
  readonly added: number;
  /** `docker run --rm IMAGE ARGS…` */
  run(args: readonly string[], options?: ToolRun): Promise<Finished>;
}

export async function buildTool(docker: Docker, platform: string): Promise<Tool> {
  const tag = randomBytes(4).toString("hex");
  const [base, image] = [`nats-sandbox/test-base:${tag}`, `nats-sandbox/test-tool:${tag}`];
  const nats = await imageOfBinary(docker, await realServer(), {
    platform,
    env: process.env,
    onProgress: () => {},
  });
  await build(docker, base, "Dockerfile", await baseFiles(), {});
  await build(docker, image, DOCKERFILE, packageFiles(), { NODE_IMAGE: base, NATS_IMAGE: nats });
  const sizeOf = async (name: string) => (await docker.getImage(name).inspect()).Size;
  return {
    image,
    added: (await sizeOf(image)) - (await sizeOf(base)),
    run: (args, options = {}) => run(docker, { ...options, Image: image, Cmd: [...args] }),
    async [Symbol.asyncDispose]() {
      for (const name of [image, base]) await docker.getImage(name).remove({ force: true });
    },
  };
}

async function build(
  docker: Docker,
  name: string,
  dockerfile: string,
  files: Files,
  buildargs: Readonly<Record<string, string>>,
): Promise<void> {
  const context = tar.pack();
  for (const [path, content] of files) context.entry({ name: path, mode: 0o755 }, content);
  context.finalize();
  const labels = { [ROLE]: "image" };
  // The network is for npm.
  const options = { t: name, dockerfile, buildargs, labels, networkmode: "host", forcerm: true };
  let said = "";
  try {
    await readEvents(await docker.buildImage(context, options), (event) => {
      said += (event as { readonly stream?: string }).stream ?? "";
    });
  } catch (error) {
    throw new Error(`${dockerfile} cannot be built: ${error}\n${said.slice(-2000)}`);
  }
}

/** What `npm publish` would send, and the lock file of a clone. */
function packageFiles(): Files {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [pack] = Object.values(
    JSON.parse(output) as Record<string, { files: readonly { readonly path: string }[] }>,
  );
  const paths = ["package-lock.json", ".npmrc", ...(pack?.files ?? []).map(({ path }) => path)];
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path))]));
}

async function baseFiles(): Promise<Files> {
  const programs = await Promise.all(PROGRAMS.map(async (name) => [name, await pathOf(name)] as const));
  const linked = new Set([process.execPath, ...programs.map(([, path]) => path)].flatMap(librariesOf));
  const npm = dirname(dirname(realpathSync(await pathOf("npm"))));
  const registry = execFileSync("npm", ["config", "get", "registry"], { cwd: ROOT, encoding: "utf8" }).trim();
  const authorities = process.env.NODE_EXTRA_CA_CERTS;
  return new Map<string, Content>([
    ["Dockerfile", "FROM scratch\nCOPY rootfs/ /\nRUN [\"/usr/bin/chmod\", \"1777\", \"/tmp\"]\n"],
    ["rootfs/tmp/.keep", ""],
    ["rootfs/bin/sh", readFileSync(await pathOf("sh"))],
    ["rootfs/usr/local/bin/node", readFileSync(process.execPath)],
    ["rootfs/usr/local/bin/npm", npmScript(registry)],
    ["rootfs/npm/authorities.pem", authorities ? readFileSync(authorities) : ""],
    ...programs.map(([name, path]) => [`rootfs/usr/bin/${name}`, readFileSync(path)] as const),
    ...[...linked].map((path) => [`rootfs${path}`, readFileSync(path)] as const),
    ...filesBelow(npm).map((file) => [`rootfs/npm/${file}`, readFileSync(join(npm, file))] as const),
  ]);
}

/** It looks the packages up where this machine does. */
function npmScript(registry: string): string {
  return `#!/bin/sh
[ ! -s /npm/authorities.pem ] || export NODE_EXTRA_CA_CERTS=/npm/authorities.pem
npm_config_registry='${registry}' npm_config_cache=/tmp/npm exec node /npm/bin/npm-cli.js "$@"
`;
}

async function pathOf(program: string): Promise<string> {
  const [path] = await findOnPath(program, process.env);
  if (path === undefined) throw new Error(`there is no ${program} on PATH`);
  return path;
}

/** Nothing for a program that is linked with none. */
function librariesOf(path: string): readonly string[] {
  try {
    const lines = execFileSync("ldd", [path], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return [...lines.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, library = ""]) => library);
  } catch {
    return [];
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

async function run(
  docker: Docker,
  { running, ...create }: ContainerCreateOptions & Pick<ToolRun, "running">,
): Promise<Finished> {
  const container = await docker.createContainer(create);
  try {
    const told = { stdout: "", stderr: "" };
    const { ended } = await follow(container, told);
    const status = container.wait({ condition: "next-exit" });
    await container.start();
    await running?.(container, told);
    const { StatusCode } = await status;
    await ended;
    return { status: StatusCode, ...told };
  } finally {
    await removeContainer(container);
  }
}

/** Reads what it says as it says it, from before its start on. */
async function follow(container: Container, told: { stdout: string; stderr: string }) {
  const stream = await container.attach({ stream: true, stdout: true, stderr: true });
  const into = (name: "stdout" | "stderr") => {
    const output = new PassThrough();
    output.setEncoding("utf8").on("data", (text: string) => {
      told[name] += text;
    });
    return output;
  };
  container.modem.demuxStream(stream, into("stdout"), into("stderr"));
  return { ended: once(stream, "end") };
}
