/** A real registry on loopback that wants a login, and images to put there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import bcrypt from "bcryptjs";
import type Docker from "dockerode";
import tar from "tar-stream";
import { readEvents } from "../engines/docker/pull.ts";

const REGISTRY = "/usr/bin/docker-registry";

/** Empty where there is one. */
export const NO_REGISTRY = existsSync(REGISTRY) ? "" : "no docker-registry";

export const LOGIN = { username: "ann", password: "let:me in" };

export interface Registry {
  /** `127.0.0.1:PORT`; engines speak plain HTTP with loopback. */
  readonly host: string;
  /** Puts an image there, which afterwards the engine has under no such name. The digest. */
  push(docker: Docker, image: string, repository: string, tag: string): Promise<string>;
  stop(): Promise<void>;
}

/** `dir` is for its files. */
export async function startRegistry(dir: string): Promise<Registry> {
  mkdirSync(dir, { recursive: true });
  const [passwords, config] = [join(dir, "htpasswd"), join(dir, "config.yml")];
  writeFileSync(passwords, `${LOGIN.username}:${bcrypt.hashSync(LOGIN.password, 4)}\n`);
  const settings = {
    version: 0.1,
    log: { level: "info", formatter: "json" },
    storage: { filesystem: { rootdirectory: join(dir, "images") } },
    http: { addr: "127.0.0.1:0" },
    auth: { htpasswd: { realm: "tests", path: passwords } },
  };
  writeFileSync(config, JSON.stringify(settings)); // which is YAML, too
  const child = spawn(REGISTRY, ["serve", config], { stdio: ["ignore", "ignore", "pipe"], env: {} });
  let host = "";
  for await (const line of createInterface(child.stderr)) {
    host = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1] ?? "";
    if (host !== "") break;
  }
  child.stderr.resume();
  return {
    host,
    async push(docker, image, repository, tag) {
      const name = `${host}/${repository}`;
      await docker.getImage(image).tag({ repo: name, tag });
      const tagged = docker.getImage(`${name}:${tag}`);
      let digest = "";
      await readEvents(await tagged.push({ authconfig: { ...LOGIN, serveraddress: host } }), (event) => {
        const { aux } = event as { readonly aux?: { readonly Digest?: string } };
        digest = aux?.Digest ?? digest;
      });
      await forget(docker, `${name}:${tag}`, `${name}@${digest}`);
      return digest;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}

/** Takes these names from images; another name keeps one. */
export async function forget(docker: Docker, ...names: readonly string[]): Promise<void> {
  for (const name of names)
    await docker
      .getImage(name)
      .remove()
      .catch((error: unknown) => {
        if ((error as { readonly statusCode?: number }).statusCode !== 404) throw error;
      });
}

/** An image made of a Dockerfile, and of files by path. */
export async function buildImage(
  docker: Docker,
  name: string,
  dockerfile: readonly string[],
  files: Readonly<Record<string, Buffer>> = {},
): Promise<void> {
  const context = tar.pack();
  context.entry({ name: "Dockerfile" }, dockerfile.join("\n"));
  for (const [path, content] of Object.entries(files)) context.entry({ name: path, mode: 0o755 }, content);
  context.finalize();
  await readEvents(await docker.buildImage(context, { t: name, forcerm: true }));
}
