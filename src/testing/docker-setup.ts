/** Before all tests: is there a Docker engine? Without one its tests are skipped, which is said so loudly that nobody overlooks it. */
import type { TestProject } from "vitest/node";
import { connectDocker } from "../engines/docker/connect.ts";
import { SandboxError } from "../errors.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Why there are no tests with Docker; empty when there are. */
    noDocker: string;
    /** Where the engine is. */
    dockerHost: string;
  }
}

/** NATS_SANDBOX_TEST_DOCKER: `required` fails without an engine, as CI does; `off` skips these tests though there is one. */
export default async function setup({ provide }: TestProject): Promise<void> {
  const wish = process.env.NATS_SANDBOX_TEST_DOCKER;
  const found = wish === "off" ? "NATS_SANDBOX_TEST_DOCKER is off" : await findEngine();
  const why = typeof found === "string" ? found : "";
  if (why !== "" && wish === "required") throw new Error(`tests with Docker are required, but ${why}`);
  if (why !== "") console.warn(`\n*** ALL TESTS WITH DOCKER ARE SKIPPED: ${why}\n`);
  provide("noDocker", why);
  provide("dockerHost", typeof found === "string" ? "" : found.url);
}

async function findEngine(): Promise<{ readonly url: string } | string> {
  try {
    const { docker, endpoint } = await connectDocker(process.env);
    await docker.ping();
    return { url: endpoint.url };
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return `${error.message}\n${error.detail}\nnext: ${error.fix}`;
  }
}
