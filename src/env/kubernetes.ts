/** What a client got as Kubernetes Secrets: one with its environment, and one with its files, to be mounted. */
import { basename } from "node:path";
import type { ClientFiles, Environment } from "../env.ts";

/** One client of one mode, with the environment that it has in a Pod. */
export interface InPod {
  readonly mode: string;
  readonly client: string;
  readonly env: Environment;
  /** Texts of its PEM files, by name. */
  readonly contents: Readonly<Record<string, string>>;
  /** Folder in which the Pod mounts them. */
  readonly mountedAt: string;
}

/** Where a Pod mounts a client's files unless something else is asked for. */
export function defaultMount(mode: string): string {
  return `/etc/nats/${mode}`;
}

/** The PEM files by the names that they are mounted under; `read` gives the text of a path. */
export function contentsOf(files: ClientFiles, read: (path: string) => string): Record<string, string> {
  const paths = [files.ca, files.cert, files.key].filter((path) => path !== undefined);
  return Object.fromEntries(paths.map((path) => [basename(path), read(path)]));
}

/**
 * YAML documents for `kubectl apply -f -`. The files have a Secret of their own: `envFrom` makes a variable of every
 * key, since Kubernetes 1.34 of `key.pem` too.
 */
export function kubernetesSecrets(all: readonly InPod[]): string {
  return all.map(secretsOf).join("---\n");
}

function secretsOf({ mode, client, env, contents, mountedAt }: InPod): string {
  const name = secretName(mode, client);
  const use = `# Test credentials of nats-sandbox: the client ${client} of ${mode}. In a container of the Pod:
#   envFrom: [{ secretRef: { name: ${name} } }]\n`;
  if (Object.keys(contents).length === 0) return use + secret(name, env);
  const files = `${name}-files`;
  const mount = `#   volumeMounts: [{ name: ${files}, mountPath: ${JSON.stringify(mountedAt)}, readOnly: true }]
# and beside its containers:
#   volumes: [{ name: ${files}, secret: { secretName: ${files} } }]\n`;
  return `${use}${mount}${secret(name, env)}---\n${secret(files, contents)}`;
}

function secret(name: string, stringData: Readonly<Record<string, string>>): string {
  const data = Object.entries(stringData).map(([key, text]) => `  ${key}: ${scalar(text)}\n`);
  return `apiVersion: v1
kind: Secret
metadata:
  name: ${name}
  labels:
    app.kubernetes.io/managed-by: nats-sandbox
type: Opaque
stringData:
${data.join("")}`;
}

/** Lines of plain text as such lines; all else in double quotes, what YAML takes for a line break escaped (1.1, 1.2). */
function scalar(text: string): string {
  if (/^(?:[!-~][ -~]*\n)+$/.test(text)) return `|\n${text.slice(0, -1).replaceAll(/^/gm, "    ")}`;
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replaceAll(/[\u007f-\u00a0\u2028\u2029\ufeff]/g, escaped);
}

/** A DNS subdomain name (RFC 1123), as Kubernetes wants it. */
function secretName(mode: string, client: string): string {
  const words = ["nats", mode, ...(client === "app" ? [] : [client])];
  return words
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 240)
    .replace(/-$/, "");
}
