/** nats-server built from source by the machine's own Go, which checks the module against its checksum database. */

import { join } from "node:path";
import { SERVER_FILE } from "./binary.ts";
import { findOnPath, run } from "./programs.ts";
import { oneLine } from "./reason.ts";
import type { Fetched, Source, SourceRequest } from "./source.ts";

export const goModule: Source = {
  title: ({ version }) => `go install of nats-server ${version}, which compiles it and can take minutes`,
  get: build,
};

async function build(request: SourceRequest): Promise<Fetched> {
  const { version, directory, env, limits, signal } = request;
  const [go] = await findOnPath("go", env);
  if (go === undefined) throw new Error("this machine has no go");
  const { GOOS: _, GOARCH: __, ...native } = env;
  const finished = await run(go, ["install", `github.com/nats-io/nats-server/v2@v${version}`], {
    // An empty GOFLAGS would not override `go env -w`; -trimpath is what the official build uses too.
    env: { ...native, GOBIN: directory, GOFLAGS: "-trimpath", CGO_ENABLED: "0" },
    cwd: directory,
    deadline: limits.whole,
    signal,
  });
  if (finished.code !== 0)
    throw new Error(oneLine(reasonIn(finished.stderr)) || `go ended with ${finished.code}`);
  return {
    file: join(directory, SERVER_FILE),
    version,
    origin: "go install, checked by Go's checksum database",
  };
}

/** Go first tells what it downloads. */
function reasonIn(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => !line.startsWith("go: downloading"));
  return lines.join("\n");
}
