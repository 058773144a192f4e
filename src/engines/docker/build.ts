/** An image out of a nats-server binary of this machine, after docker/nats-server.Dockerfile: built once a binary. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type Docker from "dockerode";
import tar from "tar-stream";
import { SandboxError } from "../../errors.ts";
import type { ServerBinary } from "../../server/binary.ts";
import { findOnPath, run } from "../../server/programs.ts";
import { asEngineError, statusOf } from "./failures.ts";
import { ROLE } from "./labels.ts";
import { readEvents } from "./pull.ts";

const REPOSITORY = "nats-sandbox/nats-server";
const LDD_TIMEOUT = 5_000;

export interface BuildOptions {
  /** What the engine's containers run on: `linux/amd64`. */
  readonly platform: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Its name, with the digest of the binary in it; built if the engine does not have it. */
export async function imageOfBinary(
  docker: Docker,
  binary: ServerBinary,
  options: BuildOptions,
): Promise<string> {
  const program = await readFile(binary.path);
  checkPlatform(program, binary.path, options.platform);
  const digest = createHash("sha256").update(program).digest("hex").slice(0, 12);
  const name = `${REPOSITORY}:${binary.version}-${digest}`;
  if (await hasImage(docker, name)) return name;
  options.onProgress(`building ${name} from ${binary.path}`);
  try {
    await build(docker, name, await rootfsOf(binary.path, program, options.env), options.signal);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw asEngineError(error, `no image could be built from ${binary.path}`);
  }
  return name;
}

export async function hasImage(docker: Docker, name: string): Promise<boolean> {
  try {
    await docker.getImage(name).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw asEngineError(error, `the engine does not say whether it has the image ${name}`);
  }
}

/** By path from the root of the image. */
type Rootfs = ReadonlyMap<string, Buffer>;

async function build(
  docker: Docker,
  name: string,
  rootfs: Rootfs,
  signal: AbortSignal | undefined,
): Promise<void> {
  const context = tar.pack();
  context.entry({ name: "Dockerfile" }, dockerfile());
  for (const [path, content] of rootfs) context.entry({ name: `rootfs/${path}`, mode: 0o755 }, content);
  context.finalize();
  const stream = await docker.buildImage(context, {
    t: name,
    labels: { [ROLE]: "image" },
    forcerm: true,
    ...(signal && { abortSignal: signal }),
  });
  await readEvents(stream);
}

function dockerfile(): string {
  return readFileSync(new URL("../../../docker/nats-server.Dockerfile", import.meta.url), "utf8");
}

/** The binary, and the libraries that a binary of a Linux distribution is linked with. Those of the project are not. */
async function rootfsOf(path: string, program: Buffer, env: NodeJS.ProcessEnv): Promise<Rootfs> {
  const files = await Promise.all(
    (await librariesOf(path, env)).map(
      async (library) => [library.slice(1), await readFile(library)] as const,
    ),
  );
  return new Map([["nats-server", program], ...files]);
}

/** The libraries that a program is linked with, by absolute path; none for one that is linked with none. */
export async function librariesOf(path: string, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const [ldd] = await findOnPath("ldd", env);
  if (ldd === undefined) return [];
  const { code, stdout } = await run(ldd, [path], { env, deadline: LDD_TIMEOUT });
  return code === 0
    ? [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, library = ""]) => library)
    : [];
}

/** `e_machine` of an ELF header, by the engine's word for it. */
const MACHINES: Readonly<Record<string, number>> = { "linux/amd64": 62, "linux/arm64": 183, "linux/arm": 40 };
const MACHINE_AT = 18;

function checkPlatform(program: Buffer, path: string, platform: string): void {
  const isElf = program.subarray(0, 4).equals(Buffer.from("\x7fELF", "latin1"));
  if (isElf && program.readUInt16LE(MACHINE_AT) === (MACHINES[platform] ?? -1)) return;
  throw new SandboxError("server-broken", `${path} does not run in containers of this engine`, {
    detail: `the engine runs ${platform}`,
    fix: `give a nats-server for ${platform} with --server, or an image with --image`,
  });
}
