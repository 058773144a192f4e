/** The state directory and the sandboxes in it. Changes nothing there. */
import { existsSync } from "node:fs";
import { type Surveyed, survey } from "../state/survey.ts";
import { freeSpace, isWritable, nearest, sharedMode, word } from "./folders.ts";
import { type Item, ok, problem, warning } from "./item.ts";

const MIB = 1024 * 1024;
/** Below the first nothing starts; below the second streams soon fill it. */
const SPACE = { needed: 10 * MIB, wanted: 500 * MIB };

export function examineState(home: string): readonly Item[] {
  const at = nearest(home);
  if (!isWritable(at)) {
    const fix = "run in a directory you may write, or set NATS_SANDBOX_HOME to one";
    return [problem("state", `the state directory ${home} cannot be written`, fix)];
  }
  return [homeItem(home), diskItem(freeSpace(at)), ...survey(home).flatMap(sandboxItems)];
}

function homeItem(home: string): Item {
  if (!existsSync(home)) return ok("state", `the state directory ${home} can be made`);
  const shared = sharedMode(home, 0o022);
  return shared === undefined
    ? ok("state", `the state directory is ${home}`)
    : warning(
        "state",
        `others may write into the state directory ${home} (mode ${shared})`,
        `chmod 700 ${word(home)}`,
      );
}

/** `free` in bytes. */
export function diskItem(free: number): Item {
  const text = `${size(free)} of disk space are free for it`;
  if (free >= SPACE.wanted) return ok("disk", text);
  const fix = "free some, or set NATS_SANDBOX_HOME to a directory on another disk";
  return free < SPACE.needed
    ? problem("disk", `only ${text}`, fix)
    : warning("disk", `only ${text}, which is little for streams`, fix);
}

function size(bytes: number): string {
  const [unit, name] = bytes >= 1024 * MIB ? [1024 * MIB, "GiB"] : [MIB, "MiB"];
  return `${(bytes / unit).toFixed(1)} ${name}`;
}

function sandboxItems(sandbox: Surveyed): readonly Item[] {
  const { name, dir } = sandbox;
  const items = [stateItem(sandbox)];
  const shared = existsSync(dir) && sandbox.state !== "foreign" ? sharedMode(dir) : undefined;
  if (shared === undefined) return items;
  const text = `others may read the credentials of the sandbox ${name} (mode ${shared})`;
  return [...items, warning(`sandbox-${name}-mode`, text, `chmod 700 ${word(dir)}`)];
}

function stateItem(sandbox: Surveyed): Item {
  const { name, dir } = sandbox;
  const id = `sandbox-${name}`;
  // `up` without --name meets that one.
  const inTheWay = name === "default" ? problem : warning;
  switch (sandbox.state) {
    case "up":
      return ok(
        id,
        `the sandbox ${name} is up: process ${sandbox.pid} owns it, since ${moment(sandbox.since)}`,
      );
    case "down": {
      const lasting = sandbox.lasting ? "; the next up has the same ports and credentials" : "";
      return ok(id, `the sandbox ${name} is not up${lasting}`);
    }
    case "dead": {
      const servers = sandbox.servers === 0 ? "files" : `files and ${sandbox.servers} running servers`;
      const text = `process ${sandbox.pid}, which owned the sandbox ${name}, was killed and left ${servers}`;
      return warning(id, text, `nats-sandbox down --name ${name} (any up clears it too)`);
    }
    case "elsewhere": {
      const text = `the sandbox ${name} belongs to process ${sandbox.pid} of another machine or container, ${sandbox.host}`;
      return inTheWay(id, text, `use another --name; if that one is gone: rm ${word(`${dir}.owner.json`)}`);
    }
    case "later-version":
      return inTheWay(
        id,
        `the sandbox ${name} was made by a later version`,
        "use that version, or another --name",
      );
    case "foreign":
      return inTheWay(id, `${sandbox.path} is there and is not ours`, "use another --name, or move it away");
  }
}

export function moment(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
