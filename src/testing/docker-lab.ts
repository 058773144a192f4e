/** The lab of the Docker engine, for the contract that every engine keeps, and for what is its own business. */
import { once } from "node:events";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type Docker from "dockerode";
import type { ContainerInfo } from "dockerode";
import tar from "tar-stream";
import { inject } from "vitest";
import { imageOfBinary } from "../engines/docker/build.ts";
import { connectDocker } from "../engines/docker/connect.ts";
import { rootOf } from "../engines/docker/container.ts";
import { createDockerEngine, type DockerEngineOptions } from "../engines/docker/docker.ts";
import { ROLE } from "../engines/docker/labels.ts";
import { removeContainer } from "../engines/docker/remove.ts";
import { sweepContainers } from "../engines/docker/sweep.ts";
import type { Engine, Server } from "../engines/engine.ts";
import { Program } from "./cli-program.ts";
import { MAIN, openRoom, type Room, realServer } from "./cli-room.ts";
import type { EngineLab } from "./engine-lab.ts";
import { randomFor } from "./random.ts";

/** Empty where there is an engine; else why tests with Docker are skipped. */
export const NO_DOCKER = inject("noDocker");

/** For the programs of a room: HOME and all else there is the room's own. */
export const DOCKER_ENV = { DOCKER_HOST: inject("dockerHost") };

const LABEL = "nats-sandbox";
/** Looks of 30 ms each: three seconds, on a machine that has nothing else to do. */
const LOOKS = 100;
/** How long (ms) a container takes to start on a machine that has nothing else to do. */
const STARTING = 500;

const random = randomFor("the owner of a container");

export interface DockerLab extends EngineLab {
  readonly docker: Docker;
  readonly room: Room;
  /** Options of an engine in a folder of its own. */
  options(more?: Partial<DockerEngineOptions>): DockerEngineOptions;
  engine(more?: Partial<DockerEngineOptions>): Promise<Engine>;
  /** Containers that belong to this lab. */
  containers(role?: "guard" | "server"): Promise<readonly ContainerInfo[]>;
  volumes(): Promise<readonly string[]>;
}

export function connectTestDocker() {
  return connectDocker({ ...process.env, ...DOCKER_ENV });
}

/** The image of the server that all tests use. */
export async function testImage(docker: Docker, platform: string): Promise<{ id: string; version: string }> {
  const binary = await realServer();
  const options = { platform, env: process.env, onProgress: () => {} };
  const name = await imageOfBinary(docker, binary, options);
  return { id: (await docker.getImage(name).inspect()).Id, version: binary.version };
}

export async function openDockerLab(): Promise<DockerLab> {
  const room = await openRoom("docker");
  const { docker, platform, publish } = await connectTestDocker();
  const { id: image, version } = await testImage(docker, platform);
  const engines: Engine[] = [];
  const of = new Map<Server, string>();
  let count = 0;

  const options: DockerLab["options"] = (more = {}) => {
    count += 1;
    const dir = join(room.work, `engine-${count}`);
    return { docker, image, version, title: "a test", dir, name: basename(dir), publish, ...more };
  };
  const containers: DockerLab["containers"] = async (role) => {
    const all = await docker.listContainers({ all: true, filters: { label: [ROLE] } });
    return all.filter(
      ({ Labels }) =>
        Labels[`${LABEL}.project`]?.startsWith(room.dir) && (role === undefined || Labels[ROLE] === role),
    );
  };
  const volumes: DockerLab["volumes"] = async () => {
    const { Volumes } = await docker.listVolumes({ filters: { label: [ROLE] } });
    const ours = Volumes.filter(({ Labels }) => Labels?.[`${LABEL}.project`]?.startsWith(room.dir));
    return ours.map(({ Name }) => Name);
  };
  const containerOf = async (server: Server) => {
    const found = (await containers("server")).filter(
      ({ Labels }) =>
        `${Labels[`${LABEL}.mode`]}/${Labels[`${LABEL}.server`]}` === server.id &&
        Labels[`${LABEL}.project`] === of.get(server),
    );
    if (found.length !== 1) throw new Error(`${found.length} containers of ${server.id}`);
    return docker.getContainer(found[0]?.Id ?? "");
  };
  /** A guard belongs to its engine, which in this process still lives. */
  const left = async () => {
    const living = (one: ContainerInfo) =>
      one.Labels[ROLE] === "guard" &&
      one.Labels[`${LABEL}.owner-pid`] === String(process.pid) &&
      engines.length > 0;
    const strays = (await containers()).filter((one) => !living(one));
    return [
      ...strays.map(({ Names, State }) => `${Names.join()} ${State}`),
      ...(engines.length === 0 ? await volumes() : []),
    ];
  };

  const started = async () => (await left()).filter((what) => !what.endsWith(" created"));

  return {
    docker,
    room,
    options,
    containers,
    volumes,
    async engine(more) {
      const own = options(more);
      const engine = createDockerEngine(own);
      engines.push(engine);
      return {
        ...engine,
        async start(spec, at, signal) {
          const server = await engine.start(spec, at, signal);
          of.set(server, own.dir);
          return server;
        },
      };
    },
    async close() {
      await Promise.all(engines.map((engine) => engine.close()));
      engines.length = 0;
    },
    async leftovers() {
      // Nobody's help: what has been started ends by itself, or it is left.
      let last = await started();
      for (let look = 0; look < LOOKS && last.length > 0; look += 1) {
        await sleep(30);
        last = await started();
      }
      if (last.length > 0) return last;
      await sweepContainers(docker); // as the next command does: what was only created when its owner died
      return left();
    },
    async kill(server) {
      await (await containerOf(server)).kill();
    },
    async fileModes(server) {
      const archive = await (await containerOf(server)).getArchive({ path: rootOf(server.id) });
      return modesIn(archive);
    },
    async killedOwner(when) {
      const env = { ...room.env, ...DOCKER_ENV };
      const { docker: _, ...plain } = options();
      const args = ["--input-type=module", "--eval", owner(plain)];
      const program = new Program(process.execPath, args, { cwd: room.work, env });
      await program.says(when === "up" ? /up/ : /starting/);
      if (when === "starting") await sleep(random() * STARTING);
      await program.end("SIGKILL");
    },
    async [Symbol.asyncDispose]() {
      for (const { Id } of await containers()) await removeContainer(docker.getContainer(Id));
      await room[Symbol.asyncDispose]();
    },
  };
}

/** A program that starts an open server with the compiled engine, says so, and stays. */
function owner(options: Omit<DockerEngineOptions, "docker">): string {
  const module = (name: string) =>
    JSON.stringify(pathToFileURL(join(MAIN, "../../engines/docker", name)).href);
  return `
    const { connectDocker } = await import(${module("connect.js")});
    const { createDockerEngine } = await import(${module("docker.js")});
    const { docker } = await connectDocker(process.env);
    const engine = createDockerEngine({ docker, ...${JSON.stringify(options)} });
    const at = await engine.place("mode/server", ["client"]);
    const files = { "server.conf": { text: 'port: 4222\\n', secret: true } };
    console.log("starting");
    await engine.start({ id: "mode/server", files, listeners: ["client"] }, at, new AbortController().signal);
    console.log("up");
    setInterval(() => {}, 1_000_000);`;
}

/** Permissions of the files in an archive, by base name. */
async function modesIn(archive: NodeJS.ReadableStream): Promise<Readonly<Record<string, string>>> {
  const modes: Record<string, string> = {};
  const extract = tar.extract();
  extract.on("entry", ({ name, mode = 0 }, entry, next) => {
    modes[basename(name)] = (mode & 0o777).toString(8);
    entry.resume();
    next();
  });
  archive.pipe(extract);
  await once(extract, "finish");
  return modes;
}
