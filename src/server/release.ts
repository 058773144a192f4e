/** The official release archives of nats-server, or a mirror of them, checked against the SHA256SUMS beside them. */

import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readTarGz, readZip } from "./archive.ts";
import { SERVER_FILE } from "./binary.ts";
import { type DownloadOptions, download } from "./http.ts";
import type { Fetched, Source, SourceRequest } from "./source.ts";

const OFFICIAL = "https://github.com/nats-io/nats-server/releases/download";

/** Archives are about 7 MB, SHA256SUMS about 5 kB. */
const LARGEST_ARCHIVE = 100 * 1024 * 1024;
const LARGEST_SUMS = 1024 * 1024;

/** Node's names of platforms and architectures in those of the archives (`.goreleaser.yml` of nats-server). */
const OS: Readonly<Record<string, string>> = {
  linux: "linux",
  darwin: "darwin",
  win32: "windows",
  freebsd: "freebsd",
};
const ARCH: Readonly<Record<string, string>> = {
  x64: "amd64",
  arm64: "arm64",
  arm: "arm7",
  ia32: "386",
  loong64: "loong64",
  mips64el: "mips64le",
  ppc64: "ppc64le",
  riscv64: "riscv64",
  s390x: "s390x",
};

export const release: Source = {
  title: ({ version, env }) => `the release archive of ${version} at ${baseUrl(env)}`,
  get: getRelease,
};

/** Name of an archive without its suffix, and of the one folder in it: `nats-server-v2.15.1-linux-amd64`. */
export function archiveStem(
  version: string,
  platform: string = process.platform,
  arch: string = process.arch,
): string {
  const [os, cpu] = [OS[platform], ARCH[arch]];
  if (os === undefined || cpu === undefined) throw new Error(`there are none for ${platform} on ${arch}`);
  return `nats-server-v${version}-${os}-${cpu}`;
}

function baseUrl(env: NodeJS.ProcessEnv): string {
  return (env.NATS_SANDBOX_RELEASES || OFFICIAL).replace(/\/+$/, "");
}

async function getRelease(request: SourceRequest): Promise<Fetched> {
  const { version, env, directory } = request;
  const stem = archiveStem(version);
  const folder = `${baseUrl(env)}/v${version}`;

  const sums = await download(`${folder}/SHA256SUMS`, limits(request, LARGEST_SUMS));
  const { name, sha256 } = chooseArchive(new TextDecoder().decode(sums), stem);
  const archive = await download(`${folder}/${name}`, limits(request, LARGEST_ARCHIVE));
  const actual = createHash("sha256").update(archive).digest("hex");
  if (actual !== sha256) throw new Error(`${name} has sha256 ${actual}, and SHA256SUMS says ${sha256}`);

  const read = name.endsWith(".zip") ? readZip : readTarGz;
  const file = join(directory, SERVER_FILE);
  await writeFile(file, await read(archive, `${stem}/${SERVER_FILE}`));
  const origin = env.NATS_SANDBOX_RELEASES ? "the mirror in NATS_SANDBOX_RELEASES" : "the official release";
  return { file, version, origin };
}

/** Old releases have zip archives only, later ones both, and today's only those for Windows are zip. */
function chooseArchive(sums: string, stem: string): { readonly name: string; readonly sha256: string } {
  const listed = new Map<string, string>();
  for (const [, sha256 = "", name = ""] of sums.matchAll(/^([0-9a-f]{64}) [ *](\S+)\s*$/gim)) {
    listed.set(name, sha256.toLowerCase());
  }
  for (const name of [`${stem}.tar.gz`, `${stem}.zip`]) {
    const sha256 = listed.get(name);
    if (sha256 !== undefined) return { name, sha256 };
  }
  throw new Error(`SHA256SUMS lists neither ${stem}.tar.gz nor ${stem}.zip`);
}

function limits(request: SourceRequest, largest: number): DownloadOptions {
  const { connect, stall } = request.limits;
  return { connect, stall, largest, signal: request.signal };
}
