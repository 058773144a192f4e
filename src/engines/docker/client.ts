/**
 * The client library of Docker engines, without the two thirds of its loading time that are for what we never ask of it:
 * sessions of BuildKit (grpc), and its own ssh. Those load when they are called, for others in the process who do so.
 */
import { createRequire, Module } from "node:module";
import type Docker from "dockerode";

/** Each exports one function, and nothing else. */
const LATER = ["dockerode/lib/session", "docker-modem/lib/ssh"];

const require = createRequire(import.meta.url);
const fromDockerode = createRequire(require.resolve("dockerode"));

for (const id of LATER) defer(id);

export const Client = require("dockerode") as typeof Docker;

function defer(id: string): void {
  let path: string;
  try {
    path = fromDockerode.resolve(id);
  } catch {
    return; // another version, with other files: it loads as it likes
  }
  if (require.cache[path] !== undefined) return;
  const deferred = new Module(path);
  deferred.exports = (...args: unknown[]) => {
    if (require.cache[path] === deferred) delete require.cache[path];
    return require(path)(...args);
  };
  deferred.loaded = true;
  require.cache[path] = deferred;
}
