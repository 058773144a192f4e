/** A Connection as a context of the nats CLI (ADR-21), which it takes by path: `nats --context FILE.json`. */
import { type ClientFiles, loginOf, withoutLogin } from "../env.ts";
import { SandboxError } from "../errors.ts";
import type { Connection } from "../model.ts";
import { natscliSecret } from "../secrets.ts";

/** The JSON text; the nats CLI wants the file's name to end in `.json`. */
export function natsContext(description: string, connection: Connection, files: ClientFiles): string {
  const login = loginOf(connection);
  const context = {
    description,
    url: withoutLogin(connection.url),
    user: login?.user,
    password: natscliSecret(login?.password),
    token: natscliSecret(login?.token),
    ca: files.ca,
    cert: files.cert,
    key: files.key,
    inbox_prefix: connection.inboxPrefix,
  };
  return `${JSON.stringify(context, null, 2)}\n`;
}

/**
 * The nats CLI expands `$NAME` in the paths of a context and of its flags, and has no way to write a `$`.
 * @throws SandboxError `state-unusable` when a path has one
 */
export function checkContextPaths({ ca, cert, key }: ClientFiles): void {
  const path = [ca, cert, key].find((one) => one?.includes("$"));
  if (path === undefined) return;
  throw new SandboxError("state-unusable", "the nats CLI cannot read certificates from this directory", {
    detail: `it takes the $ in ${path} for the start of a variable`,
    fix: "run the sandbox in a directory without $ in its path, or set NATS_SANDBOX_HOME to one",
  });
}
