/** The nats-server package of Debian and its kin, fetched with apt and unpacked without root. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { findOnPath, run } from "./programs.ts";
import { oneLine } from "./reason.ts";
import type { Fetched, Source, SourceRequest } from "./source.ts";

export const debian: Source = {
  title: () => "the package nats-server of this system, through apt",
  get: getPackage,
};

async function getPackage(request: SourceRequest): Promise<Fetched> {
  const { directory } = request;
  const version = await candidateVersion(request);
  if (version !== request.version && !request.anyVersion) throw new Error(`it is version ${version}`);

  // The index was checked by apt with the keys of the distribution, and the package is checked against the index.
  const timeout = `::Timeout=${Math.ceil(request.limits.connect / 1000)}`;
  const options = ["Acquire::http", "Acquire::https"].flatMap((scheme) => ["-o", scheme + timeout]);
  await must(request, "apt-get", [...options, "-o", "Acquire::Retries=0", "download", "nats-server"]);
  const name = (await readdir(directory)).find((candidate) => candidate.endsWith(".deb"));
  if (name === undefined) throw new Error("apt-get gave no package");

  const root = join(directory, "root");
  await must(request, "dpkg-deb", ["-x", join(directory, name), root]);
  return { file: join(root, "usr/sbin/nats-server"), version, origin: "Debian package nats-server" };
}

/** The upstream part of the version that apt would install: `2.9.10` of `2.9.10-1+b3`. */
async function candidateVersion(request: SourceRequest): Promise<string> {
  const shown = await must(request, "apt-cache", ["show", "--no-all-versions", "nats-server"]);
  const version = /^Version: (?:\d+:)?(\d+\.\d+\.\d+)/m.exec(shown)?.[1];
  if (version === undefined) throw new Error("apt knows no such package");
  return version;
}

async function must(request: SourceRequest, name: string, args: readonly string[]): Promise<string> {
  const { directory, env, limits, signal } = request;
  const [program] = await findOnPath(name, env);
  if (program === undefined) throw new Error(`this machine has no ${name}`);
  const finished = await run(program, args, {
    env: { ...env, LC_ALL: "C" },
    cwd: directory,
    deadline: limits.program,
    signal,
  });
  if (finished.code === 0) return finished.stdout;
  const error = finished.stderr.split("\n").find((line) => line.startsWith("E: "));
  throw new Error(oneLine(error ?? finished.stderr) || `${name} ended with ${finished.code}`);
}
