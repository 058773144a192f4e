/** Where a file lies in its repository: code scanning knows files by that alone. */
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";

/** The path of a file from the root of its repository, with `/`; undefined when it lies in none, nor below `cwd`. */
export function pathInRepository(file: string, cwd: string, env: NodeJS.ProcessEnv): string | undefined {
  const path = join(real(dirname(file)), basename(file));
  // A job may check out into a folder of its workspace, without git, or a repository with others in it.
  const workspace = env.GITHUB_WORKSPACE || undefined;
  const roots = [
    ...(workspace !== undefined && isRepository(workspace) ? [workspace] : []),
    ...parents(path).filter(isRepository),
    ...(workspace === undefined ? [] : [workspace]),
    cwd,
  ];
  const paths = roots.map((root) => relative(real(root), path));
  return paths
    .find((one) => !isAbsolute(one) && one.split(sep)[0] !== "..")
    ?.split(sep)
    .join("/");
}

function isRepository(folder: string): boolean {
  return existsSync(join(folder, ".git"));
}

/** The nearest comes first. */
function parents(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...parents(folder)];
}

function real(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder; // it is not there: nothing lies in it
  }
}
