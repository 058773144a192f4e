/** The login for an image's registry, from where `docker login` keeps it. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findOnPath } from "../../server/programs.ts";
import { dockerConfigDir } from "./endpoint.ts";

/** As the engine takes it. */
export type Credentials =
  | { readonly serveraddress: string; readonly username: string; readonly password: string }
  | { readonly serveraddress: string; readonly identitytoken: string };

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** Docker's own, under the name by which its login is kept. */
const DOCKER_HUB = "https://index.docker.io/v1/";
const HELPER_TIMEOUT = 10_000;
/** The user name by which a helper says that the secret is a token. */
const TOKEN_USER = "<token>";

/** The registry in a reference: its first part, if that looks like a host. https://github.com/distribution/reference */
export function registryOf(reference: string): string {
  const slash = reference.indexOf("/");
  const first = slash < 0 ? "" : reference.slice(0, slash);
  return /[.:]|^localhost$/.test(first) ? first : DOCKER_HUB;
}

/** Undefined when nobody has logged in there: many images need no login. */
export async function credentialsFor(
  reference: string,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const config = readConfig(env);
  const registry = registryOf(reference);
  const helper = config.credHelpers?.[registry] ?? config.credsStore;
  return (helper ? await fromHelper(helper, registry, env) : undefined) ?? fromFile(config, registry);
}

function readConfig(env: NodeJS.ProcessEnv): DockerConfig {
  const path = join(dockerConfigDir(env), "config.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as DockerConfig) : {};
}

function fromFile({ auths = {} }: DockerConfig, registry: string): Credentials | undefined {
  const { auth, identitytoken } = auths[registry] ?? auths[`https://${registry}`] ?? {};
  if (identitytoken) return { serveraddress: registry, identitytoken };
  const [, username, password] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(auth ?? "", "base64").toString("utf8")) ?? [];
  return username === undefined || password === undefined
    ? undefined
    : { serveraddress: registry, username, password };
}

/** https://github.com/docker/docker-credential-helpers: the registry on its input, a JSON document on its output. */
async function fromHelper(
  name: string,
  registry: string,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const [program] = await findOnPath(`docker-credential-${name}`, env);
  if (program === undefined) return undefined;
  const said = await new Promise<string>((resolve) => {
    const options = { env, timeout: HELPER_TIMEOUT };
    // It fails for a registry that it knows nothing of, and then there is no login.
    const child = execFile(program, ["get"], options, (error, stdout) =>
      resolve(error === null ? stdout : ""),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(registry);
  });
  if (said === "") return undefined;
  const { Username, Secret } = JSON.parse(said) as { readonly Username: string; readonly Secret: string };
  return Username === TOKEN_USER
    ? { serveraddress: registry, identitytoken: Secret }
    : { serveraddress: registry, username: Username, password: Secret };
}
