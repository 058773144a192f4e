/** The folder of the sandboxes that programs start: the user's own, in the system's folder for temporary files. */
import { lstatSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { codeOf, SandboxError } from "../errors.ts";

/** @throws SandboxError `state-unusable` when the default folder is there and somebody else could write in it */
export function homeFor(asked: string | undefined): string {
  const chosen = asked ?? process.env.NATS_SANDBOX_HOME;
  if (chosen) return resolve(chosen);
  const home = join(tmpdir(), `nats-sandbox-${process.getuid?.() ?? 0}`);
  if (!isOwn(home))
    throw new SandboxError("state-unusable", `the folder ${home} is not this user's alone`, {
      detail: "in the folder for temporary files anybody may have made it, and keys go there",
      fix: "remove it, or name another one: NATS_SANDBOX_HOME, or the option home",
    });
  return home;
}

/** Not there yet, or a folder that nobody else can write in. */
function isOwn(home: string): boolean {
  try {
    const found = lstatSync(home);
    return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
  } catch (error) {
    return codeOf(error) === "ENOENT";
  }
}
