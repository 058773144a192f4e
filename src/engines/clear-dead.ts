/** Clears away what dead owners left: folders and processes, and containers where there were any. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { deadNames } from "../state/lock.ts";
import { listDir, replacePrivate } from "../state/private-files.ts";
import { sweepDead } from "../state/state.ts";

const MARK = "has-containers";

/** Of a sandbox that has, or will have, containers; `dir` is its folder. */
export function markContainers(dir: string): void {
  replacePrivate(join(dir, MARK), "");
}

export function hasContainers(dir: string): boolean {
  return existsSync(join(dir, MARK));
}

/**
 * The guard of a dead owner has ended its servers long since: what may be left is a container that was never started. An
 * engine that does not answer now is asked by the next command that uses it.
 */
export async function clearDead(home: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const hadContainers = deadNames(listDir(home), home).some((name) => hasContainers(join(home, name)));
  sweepDead(home);
  if (!hadContainers) return;
  const [{ connectDocker }, { sweepContainers }] = await Promise.all([
    import("./docker/connect.ts"),
    import("./docker/sweep.ts"),
  ]);
  await connectDocker(env)
    .then(({ docker }) => sweepContainers(docker))
    .catch(() => 0);
}
