/** Whether a Docker engine answers, and what dead sandboxes left in it. */
import { existsSync } from "node:fs";
import { endpointsOf } from "../engines/docker/endpoint.ts";
import { SandboxError } from "../errors.ts";
import { type Item, ok, warning } from "./item.ts";

/** `down` looks only after the sandboxes of one directory; whatever starts containers removes those of the dead first. */
const REMOVE = "nats-sandbox check open --engine docker";

/** Only `--engine docker` needs one: that none is here is no trouble, that the one asked for does not answer is. */
export async function examineDocker(env: NodeJS.ProcessEnv): Promise<readonly Item[]> {
  // They bring a large library along.
  const [{ connectDocker }, { countDead }] = await Promise.all([
    import("../engines/docker/connect.ts"),
    import("../engines/docker/sweep.ts"),
  ]);
  try {
    const { docker, version, platform, endpoint } = await connectDocker(env);
    const dead = await countDead(docker);
    const text = `the docker engine can run: Docker ${version} for ${platform} answers at ${endpoint.url} (${endpoint.source})`;
    return dead === 0
      ? [ok("engine-docker", text)]
      : [ok("engine-docker", text), warning("containers", leftText(dead), REMOVE)];
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return [noEngine(error, isNamed(env))];
  }
}

function leftText(count: number): string {
  return `${count} ${count === 1 ? "container" : "containers"} of sandboxes whose owner has ended`;
}

/** Whether somebody has said which engine is meant, rightly or wrongly. */
function isNamed(env: NodeJS.ProcessEnv): boolean {
  try {
    return endpointsOf(env).length === 1;
  } catch {
    return true;
  }
}

function noEngine({ message, detail = "", fix = "" }: SandboxError, named: boolean): Item {
  const tried = detail.split("\n").map((line) => `\n    ${line}`);
  const text = `${message}; only --engine docker needs one. Tried:${tried.join("")}`;
  return named || existsSync("/var/run/docker.sock")
    ? warning("engine-docker", text, fix)
    : ok("engine-docker", `${text}\n  to start one: ${fix}`);
}
