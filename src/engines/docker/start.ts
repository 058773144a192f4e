/** Starts a container that has been created; when a port that it asks for is taken, says by whom. */
import type Docker from "dockerode";
import type { Container } from "dockerode";
import { SandboxError } from "../../errors.ts";
import { holderOf } from "../listening.ts";
import { wordsOf } from "./failures.ts";

/**
 * `id` is the server's.
 * @throws SandboxError `port-in-use`; else what the engine says
 */
export async function startCreated(docker: Docker, container: Container, id: string): Promise<void> {
  try {
    await container.start();
  } catch (error) {
    const words = wordsOf(error);
    const port = /(?:Bind for|listen tcp4?) \S*?:(\d+)\b.*already (?:allocated|in use)/.exec(words)?.[1];
    if (port === undefined) throw error;
    const holder = (await publisherOf(docker, port)) ?? holderOf(Number(port)) ?? "something";
    throw new SandboxError("port-in-use", `port ${port}, asked for by ${id}, is taken`, {
      detail: `by ${holder}; the Docker engine said: ${words}`,
      fix: "stop that one, or ask for another port",
    });
  }
}

/** The container that has published a port; to the system the holder is a helper of the engine. */
async function publisherOf(docker: Docker, port: string): Promise<string | undefined> {
  const [found] = await docker.listContainers({ filters: { publish: [port] } }).catch(() => []);
  return found && `the container ${found.Names[0]?.replace(/^\//, "")} (${found.Image})`;
}
