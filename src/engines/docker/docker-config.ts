/** What the `docker` command keeps in its folder: which engine is used, and logins for registries. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { codeOf, messageOf, SandboxError } from "../../errors.ts";

/** https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties */
export interface DockerConfig {
  readonly currentContext?: string;
  readonly auths?: Readonly<Record<string, RegistryLogin>>;
  /** Suffix of the name of a program that keeps all logins: `docker-credential-<suffix>`. */
  readonly credsStore?: string;
  /** The same, by registry. */
  readonly credHelpers?: Readonly<Record<string, string>>;
}

export interface RegistryLogin {
  /** Base64 of `user:password`. */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

/** `~/.docker`, or where DOCKER_CONFIG says. */
export function dockerConfigDir(env: NodeJS.ProcessEnv): string {
  return env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker");
}

export function configPath(env: NodeJS.ProcessEnv): string {
  return join(dockerConfigDir(env), "config.json");
}

/** Empty when there is none. */
export function readDockerConfig(env: NodeJS.ProcessEnv): DockerConfig {
  return readJson<DockerConfig>(configPath(env)) ?? {};
}

/** @throws SandboxError `engine-unavailable` for what is no JSON object. Its text is not quoted: logins may be in it. */
export function readJson<Shape extends object>(path: string): Shape | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const read = parsed(text);
  if (typeof read === "object" && read !== null) return read as Shape;
  throw unreadable(path, "it holds no JSON object");
}

/** @throws SandboxError `engine-unavailable` when it is there and cannot be read */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw unreadable(path, messageOf(error));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(path: string, detail: string): SandboxError {
  return new SandboxError("engine-unavailable", `${path} cannot be read`, {
    detail,
    fix: "mend it, or set DOCKER_CONFIG to a folder with another one",
  });
}
