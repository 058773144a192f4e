/** Mode (data) -> material -> Connection and server files: the only place where names become values. */
import { SandboxError } from "./errors.ts";
import type {
  ClientSpec,
  Connection,
  FileRef,
  KeyPair,
  KeyType,
  Login,
  LoginSpec,
  Mode,
  SecretRef,
  ServerRecipe,
  TrustName,
  UserRecipe,
} from "./model.ts";
import { createPki, type Pki } from "./pki/pki.ts";
import type { RenderedUser } from "./render.ts";
import { makeSecrets, type Secrets, swapCase, userinfo } from "./secrets.ts";

/** What was made for one running mode. */
export interface Material {
  readonly secrets: Secrets;
  readonly pairs: Readonly<Record<string, KeyPair>>;
  /** PEM of a CA certificate. */
  trust(name: TrustName): string;
}

export interface CertificateOptions {
  readonly hosts?: readonly string[];
  readonly keyType?: KeyType;
}

/** Fresh secrets and certificates for one mode. */
export async function makeMaterial(mode: Mode, options: CertificateOptions): Promise<Material> {
  const [secrets, certificates] = await Promise.all([
    makeSecrets(mode.secrets),
    makeCertificates(mode, options),
  ]);
  return { secrets, ...certificates };
}

async function makeCertificates(
  mode: Mode,
  { hosts, keyType }: CertificateOptions,
): Promise<Omit<Material, "secrets">> {
  const recipes = Object.entries(mode.certificates ?? {});
  if (recipes.length === 0) return { pairs: {}, trust: noCertificates };
  const pki: Pki = await createPki({
    ...(hosts === undefined ? {} : { hosts }),
    ...(keyType === undefined ? {} : { keyType }),
  });
  const pairs = await Promise.all(
    recipes.map(async ([name, recipe]) => [name, await pki.issue(name, recipe)] as const),
  );
  return { pairs: Object.fromEntries(pairs), trust: (name) => pki.trust(name) };
}

function noCertificates(): never {
  throw new SandboxError("bug", "this mode has no certificates");
}

/** The connection of a client, or of its twin that differs in what `but` says. `null` in `but` takes something away. */
export function resolveConnection(
  mode: Mode,
  material: Material,
  client: string,
  but: ClientSpec,
  address: (server: string) => { readonly host: string; readonly port: number },
): Connection {
  const base = mode.clients[client];
  if (base === undefined) throw new SandboxError("bug", `mode ${mode.name} has no client ${client}`);
  const spec: ClientSpec = { ...base, ...but };
  const { host, port } = address(spec.server ?? "server");
  const login = resolveLogin(material.secrets, spec.login ?? undefined);
  const inUrl = spec.loginIn === "url" && login !== undefined;
  const tls = resolveTls(material, spec);
  return {
    url: `${wantsTls(spec) ? "tls" : "nats"}://${inUrl ? userinfo(login) : ""}${hostInUrl(host)}:${port}`,
    transport: "nats",
    ...(login === undefined || inUrl ? {} : { login }),
    ...(tls === undefined ? {} : { tls }),
    ...(spec.inboxPrefix === undefined ? {} : { inboxPrefix: spec.inboxPrefix }),
  };
}

/** Loopback by its name, which is in every certificate, too, and which people expect. */
function hostInUrl(host: string): string {
  if (host === "127.0.0.1") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

/** A client that trusts a CA (or, with `null`, the default trust store) means TLS; so does one told to demand it. */
function wantsTls(spec: ClientSpec): boolean {
  return spec.tls === "demand" || (spec.tls === undefined && spec.trust !== undefined);
}

function resolveTls(material: Material, spec: ClientSpec): Connection["tls"] {
  const tls = {
    ...(spec.trust == null ? {} : { ca: material.trust(spec.trust) }),
    ...(spec.present == null ? {} : { present: pair(material, spec.present) }),
    ...(spec.verifyAs === undefined ? {} : { verifyAs: spec.verifyAs }),
    ...(spec.maxVersion === undefined ? {} : { maxVersion: spec.maxVersion }),
    ...(spec.tls === undefined ? {} : { policy: spec.tls }),
  };
  return Object.keys(tls).length === 0 ? undefined : tls;
}

function pair(material: Material, name: string): KeyPair {
  const found = material.pairs[name];
  if (found === undefined) throw new SandboxError("bug", `there is no certificate ${name}`);
  return found;
}

export function resolveLogin(secrets: Secrets, spec: LoginSpec | undefined): Login | undefined {
  if (spec === undefined) return undefined;
  const slots = Object.entries(spec).map(([slot, ref]) => [
    slot,
    ref === "" ? "" : secretValue(secrets, ref),
  ]);
  return Object.fromEntries(slots) as Login;
}

/** The value that `$name.field` or `$name.field:swapcase` stands for. */
export function secretValue(secrets: Secrets, ref: SecretRef): string {
  const [, name = "", field = "", change] =
    /^\$(.+)\.(user|password|token|hash)(:swapcase)?$/.exec(ref) ?? [];
  const value = secrets[name]?.[field as "user" | "password" | "token" | "hash"];
  if (value === undefined) throw new SandboxError("bug", `there is no secret ${ref}`);
  return change === undefined ? value : swapCase(value);
}

interface PemFile {
  readonly text: string;
  /** A private key. */
  readonly secret: boolean;
}

/** Values, users and files for a server's template: `root` is where the server will see the files. */
export function resolveServer(
  material: Material,
  recipe: Pick<ServerRecipe, "params" | "users">,
  root: string,
): {
  readonly values: Readonly<Record<string, string>>;
  readonly users: readonly RenderedUser[];
  readonly files: Readonly<Record<string, PemFile>>;
} {
  const files: Record<string, PemFile> = {};
  const users = (recipe.users ?? []).map((user) => resolveUser(material.secrets, user));
  const values = Object.entries(recipe.params ?? {}).map(([key, ref]) => {
    if (!isFileRef(ref)) return [key, secretValue(material.secrets, ref as SecretRef)];
    const { name, text } = fileOf(material, ref);
    files[name] = { text, secret: ref.endsWith(".key") };
    return [key, `${root}/${name}`];
  });
  return { values: Object.fromEntries(values) as Record<string, string>, users, files };
}

function resolveUser(secrets: Secrets, { login, permissions }: UserRecipe): RenderedUser {
  const { user, password, hash = password } = secrets[login] ?? {};
  if (user === undefined || hash === undefined)
    throw new SandboxError("bug", `there is no password secret ${login}`);
  return { user, password: hash, ...(permissions === undefined ? {} : { permissions }) };
}

function isFileRef(ref: string): ref is FileRef {
  return ref.startsWith("@");
}

function fileOf(material: Material, ref: FileRef): { readonly name: string; readonly text: string } {
  if (ref === "@ca") return { name: "ca.pem", text: material.trust("ca") };
  const [, name = "", part] = /^@(.+)\.(cert|key)$/.exec(ref) ?? [];
  const { chain, key } = pair(material, name);
  return part === "key" ? { name: `${name}-key.pem`, text: key } : { name: `${name}.pem`, text: chain };
}
