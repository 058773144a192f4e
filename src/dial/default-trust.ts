/** Dials with Node's default trust store as a program finds it at start: in a fresh process with an environment of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { messageOf } from "../errors.ts";
import { newTrace, type Trace } from "../wire/trace.ts";
import type { TrustRequest } from "./trust-child.ts";

/** Compiled, also when this file is run from its source. */
const CHILD = fileURLToPath(new URL("../../dist/dial/trust-child.js", import.meta.url));
const TIMEOUT = 10_000;

/**
 * Dials all requests from one child process; `extra` (PEM) is what NODE_EXTRA_CA_CERTS adds to its default trust
 * store, for which it needs a file in `scratch`. A child that fails makes every trace a failure.
 */
export async function dialWithDefaultTrust(
  requests: readonly TrustRequest[],
  extra: string | undefined,
  scratch: string,
): Promise<readonly Trace[]> {
  if (requests.length === 0) return [];
  const dir = await mkdtemp(join(scratch, "default-trust-"));
  try {
    const file = join(dir, "extra-ca.pem");
    if (extra !== undefined) await writeFile(file, extra, { mode: 0o600 });
    return await runChild(requests, extra === undefined ? {} : { NODE_EXTRA_CA_CERTS: file }).catch(
      (error) => {
        const failure = { code: "ERROR", message: `the child process failed: ${messageOf(error)}` };
        return requests.map(() => ({ ...newTrace(), failure }));
      },
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function runChild(
  requests: readonly TrustRequest[],
  env: Record<string, string>,
): Promise<readonly Trace[]> {
  // Connections hold secrets: they travel on stdin, not in arguments.
  const child = spawn(process.execPath, [CHILD], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
    timeout: TIMEOUT,
  });
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(requests));
  const [output, said, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0)
    throw new Error(`it ended with ${signal ?? code} ${/^\w*Error: .*$/m.exec(said)?.[0] ?? ""}`.trim());
  return JSON.parse(output) as readonly Trace[];
}
