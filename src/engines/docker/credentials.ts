/** The login for an image's registry, from where `docker login` keeps it. */
import { execFile } from "node:child_process";
import { findOnPath } from "../../server/programs.ts";
import { type DockerConfig, type RegistryLogin, readDockerConfig } from "./docker-config.ts";

/** As the engine takes it. */
export type Credentials =
  | { readonly serveraddress: string; readonly username: string; readonly password: string }
  | { readonly serveraddress: string; readonly identitytoken: string };

export interface CredentialOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Told of a program for logins that is of no use. */
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Docker's own, under the name by which its login is kept. */
export const DOCKER_HUB = "https://index.docker.io/v1/";
const HELPER_TIMEOUT = 10_000;
/** The user name by which a helper says that the secret is a token. */
const TOKEN_USER = "<token>";

/** The registry in a reference: its first part, if that looks like a host. https://github.com/distribution/reference */
export function registryOf(reference: string): string {
  const slash = reference.indexOf("/");
  const first = slash < 0 ? "" : reference.slice(0, slash);
  if (!/[.:A-Z]|^localhost$/.test(first)) return DOCKER_HUB;
  return /^(index\.)?docker\.io$/.test(first) ? DOCKER_HUB : first;
}

/**
 * Undefined when nobody has logged in there: many images need no login.
 * @throws SandboxError `engine-unavailable` when Docker's config cannot be read
 */
export async function credentialsFor(
  reference: string,
  options: CredentialOptions,
): Promise<Credentials | undefined> {
  const config = readDockerConfig(options.env);
  const registry = registryOf(reference);
  const helper = config.credHelpers?.[registry] ?? config.credsStore;
  return (helper ? await fromHelper(helper, registry, options) : undefined) ?? fromFile(config, registry);
}

function fromFile({ auths = {} }: DockerConfig, registry: string): Credentials | undefined {
  const same = ([key]: readonly [string, unknown]) => key === registry || hostOf(key) === registry;
  const login = auths[registry] ?? Object.entries(auths).find(same)?.[1];
  return login && fromLogin(login, registry);
}

/** Older programs kept a login under a whole URL. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

function fromLogin(login: RegistryLogin, serveraddress: string): Credentials | undefined {
  if (login.identitytoken) return { serveraddress, identitytoken: login.identitytoken };
  // Some programs fill the end with NUL.
  const pair = Buffer.from(login.auth ?? "", "base64")
    .toString("utf8")
    .replace(/\0+$/, "");
  const [, username = login.username, password = login.password] = /^([^:]*):(.*)$/s.exec(pair) ?? [];
  return username && password ? { serveraddress, username, password } : undefined;
}

/** https://github.com/docker/docker-credential-helpers: the registry on its input, a JSON document on its output. */
async function fromHelper(
  name: string,
  registry: string,
  { env, onProgress, signal }: CredentialOptions,
): Promise<Credentials | undefined> {
  const what = `docker-credential-${name}, which keeps the logins of registries,`;
  const [program] = await findOnPath(`docker-credential-${name}`, env);
  if (program === undefined) {
    onProgress(`${what} is not on PATH: going on without`);
    return undefined;
  }
  const said = await ask(program, registry, env, signal);
  if (said === undefined) return undefined;
  const { Username = "", Secret = "" } = said === "" ? {} : parsed(said);
  if (Secret === "") {
    onProgress(`${what} gave no login that can be understood: going on without`);
    return undefined;
  }
  return Username === TOKEN_USER
    ? { serveraddress: registry, identitytoken: Secret }
    : { serveraddress: registry, username: Username, password: Secret };
}

/** Undefined when it knows nothing of the registry: it fails then. */
async function ask(
  program: string,
  registry: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const said = await new Promise<string | undefined>((resolve) => {
    const options = { env, timeout: HELPER_TIMEOUT, signal, killSignal: "SIGKILL" as const };
    const child = execFile(program, ["get"], options, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(registry);
  });
  signal?.throwIfAborted();
  return said;
}

function parsed(text: string): { readonly Username?: string; readonly Secret?: string } {
  try {
    return (JSON.parse(text) as { readonly Username?: string; readonly Secret?: string } | null) ?? {};
  } catch {
    return {};
  }
}
