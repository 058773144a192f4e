/** A project that has this package installed from its tarball, as a user's has, and what its programs leave behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { realServer } from "./cli-room.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Ran {
  readonly status: number | NodeJS.Signals | null;
  /** Both streams as they came. */
  readonly output: string;
}

/** The tarball that `npm publish` would send. */
export interface Tarball extends Disposable {
  readonly path: string;
}

export interface Project extends Disposable {
  readonly dir: string;
  /** Runs a command line in it, to its end. */
  run(line: string): Promise<Ran>;
  /** What the sandboxes of its programs left: files in the folder for temporary ones, and processes. */
  left(): readonly string[];
}

export async function pack(): Promise<Tarball> {
  const dir = mkdtempSync(join(tmpdir(), "nats-sandbox-pack-"));
  const { status, output } = await shell(
    "npm pack --silent --ignore-scripts --pack-destination",
    [dir],
    ROOT,
  );
  const [name] = readdirSync(dir);
  if (status !== 0 || name === undefined) throw new Error(`npm pack: ${output}`);
  return { path: join(dir, name), [Symbol.dispose]: () => rmSync(dir, { recursive: true }) };
}

/** A copy of an example, with its dependencies and the package; `more` are files that it has besides. */
export async function project(
  tarball: Tarball,
  example: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Project> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "nats-sandbox-example-")));
  const [work, tmp] = [join(dir, "work"), join(dir, "tmp")];
  cpSync(join(ROOT, "examples", example), work, { recursive: true });
  mkdirSync(tmp);
  for (const [name, text] of Object.entries(more)) writeFileSync(join(work, name), text);
  const { path } = await realServer();
  const env = { ...process.env, TMPDIR: tmp, NATS_SANDBOX_SERVER: path, NO_COLOR: "1" };
  const run = (line: string) => shell(line, [], work, env);
  const install = "npm install --ignore-scripts --no-audit --no-fund";
  const { status, output } = await run(`${install} ${tarball.path}`);
  if (status !== 0) throw new Error(`npm install: ${output}`);
  return {
    dir: work,
    run,
    left: () => [
      ...readdirSync(tmp).filter((name) => name.startsWith("nats-sandbox")),
      ...readdirSync(work).filter((name) => name === ".nats-sandbox"),
      ...serversIn(dir),
    ],
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** The arguments of servers whose config is below a folder; only Linux tells. */
function serversIn(dir: string): readonly string[] {
  const pids = process.platform === "linux" ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return pids.flatMap((pid) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return args.includes(` -c ${dir}`) ? [args] : [];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

/** `$1` and so on are `args`. */
async function shell(
  line: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ran> {
  const command = args.length === 0 ? line : `${line} "$@"`;
  const child = spawn("/bin/sh", ["-c", command, "sh", ...args], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  const [code, signal] = await once(child, "close");
  return { status: code ?? signal, output };
}
