// Jest loads this file as Node does, so it can import a package of modules; tests read the environment that it sets.
import { startSandbox } from "nats-sandbox";

export default async function setup() {
  globalThis.sandbox = await startSandbox(["tls", "user-pass"]);
  Object.assign(process.env, globalThis.sandbox.environment());
}
