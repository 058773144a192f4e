/** Whether this machine runs the program and its engines at all. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { messageOf } from "../errors.ts";
import { compareVersions } from "../server/capabilities.ts";
import { type Item, ok, problem, warning } from "./item.ts";

/** A server, its log, its listeners and a few dozen clients, for each mode that is up; and the program's own. */
const FILES_WANTED = 1024;

/** `node` is its version. */
export async function examineMachine(
  version: string,
  node = process.versions.node,
): Promise<readonly Item[]> {
  return [programItem(version, node), ...(await engineItems())];
}

/** The oldest Node that package.json names: `20.12`. */
function oldestNode(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { engines } = JSON.parse(text) as { readonly engines: { readonly node: string } };
  return engines.node.replace(/^>=/, "");
}

function programItem(version: string, node: string): Item {
  const oldest = oldestNode();
  const text = `nats-sandbox ${version} on Node ${node}, ${process.platform} ${process.arch}`;
  return compareVersions(node, `${oldest}.0`) < 0
    ? problem("program", `${text}: that Node is too old`, `install Node ${oldest} or later`)
    : ok("program", text);
}

async function engineItems(): Promise<readonly Item[]> {
  const later = ok("engine-later", "the kubernetes engine is not part of this version");
  if (process.platform === "win32") {
    const native = "the process engine does not run on Windows itself";
    return [problem("engine-process", native, "run nats-sandbox inside WSL"), later];
  }
  try {
    // As servers are started: Node has raised its own limit to the highest allowed, and they inherit it.
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", "ulimit -n"], { timeout: 5_000 });
    return [
      ok("engine-process", "the process engine can run: /bin/sh is here"),
      filesItem(stdout.trim()),
      later,
    ];
  } catch (error) {
    const text = `the process engine cannot run: /bin/sh does not work (${messageOf(error)})`;
    return [problem("engine-process", text, "install a POSIX shell as /bin/sh"), later];
  }
}

function filesItem(limit: string): Item {
  return Number(limit) < FILES_WANTED
    ? warning(
        "open-files",
        `a process may have ${limit} files open, which is few for many modes at once`,
        `ulimit -n ${FILES_WANTED}`,
      )
    : ok("open-files", `a process may have ${limit} files open`);
}
