/** The error of those for whom no nats-server could be had. */

import { SandboxError } from "../errors.ts";

const INSTALL =
  "install nats-server so that it is on PATH, or give its path with --server or NATS_SANDBOX_SERVER, or run `nats-sandbox server fetch` once while online";

/** `tried` says what was tried and why it failed, a line each. */
export function notFound(message: string, tried: readonly string[], env: NodeJS.ProcessEnv): SandboxError {
  const proxy = env.HTTPS_PROXY || env.https_proxy;
  const hint =
    "HTTPS_PROXY is set, which the download of release archives obeys only with NODE_USE_ENV_PROXY=1 on Node 22.21, 24 and later";
  return new SandboxError("server-not-found", message, {
    detail: tried.join("\n"),
    fix: [INSTALL, ...(proxy ? [hint] : [])].join("; "),
  });
}
