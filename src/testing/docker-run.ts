/** `docker run --rm IMAGE ARGS…`, through the engine's API, and `docker exec` while that runs. */
import { once } from "node:events";
import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import type { Container, ContainerCreateOptions } from "dockerode";
import { removeContainer } from "../engines/docker/remove.ts";
import type { Finished } from "./cli-program.ts";

export interface ContainerRun extends Omit<ContainerCreateOptions, "Image" | "Cmd"> {
  /** Its standard input. */
  readonly input?: string;
  /** What to do while it runs; `told` grows. */
  readonly running?: (container: Container, told: Omit<Finished, "status">) => Promise<void>;
}

export async function runContainer(
  docker: Docker,
  image: string,
  args: readonly string[],
  { input, running, ...more }: ContainerRun = {},
): Promise<Finished> {
  const stdin = input === undefined ? {} : { OpenStdin: true, StdinOnce: true };
  const container = await docker.createContainer({ Image: image, Cmd: [...args], ...stdin, ...more });
  try {
    const stream = await container.attach({
      stream: true,
      stdout: true,
      stderr: true,
      stdin: input !== undefined,
      hijack: true,
    });
    const { told, ended } = follow(docker, stream);
    const status = container.wait({ condition: "next-exit" });
    await container.start();
    stream.end(input ?? "");
    await running?.(container, told);
    const { StatusCode } = await status;
    await ended;
    return { status: StatusCode, ...told };
  } finally {
    await removeContainer(container);
  }
}

export async function execIn(
  docker: Docker,
  container: Container,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const exec = await container.exec({
    Cmd: [...command],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    AttachStdout: true,
    AttachStderr: true,
  });
  const { told, ended } = follow(docker, await exec.start({ hijack: true, stdin: false }));
  await ended;
  return { status: (await exec.inspect()).ExitCode ?? -1, ...told };
}

function follow(docker: Docker, stream: NodeJS.ReadableStream) {
  const told = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr") => {
    const output = new PassThrough();
    output.setEncoding("utf8").on("data", (text: string) => {
      told[name] += text;
    });
    return output;
  };
  docker.modem.demuxStream(stream, into("stdout"), into("stderr"));
  return { told, ended: once(stream, "end") };
}
