/** A repository with the action in it, and what the real runner `act` makes of a workflow there, on the host. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withNpm } from "./action-job.ts";
import { realServer } from "./cli-room.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Workflow extends Disposable {
  /** Unique; everything is in it. */
  readonly dir: string;
  readonly status: number;
  /** Lines of the log by job. */
  readonly jobs: Readonly<Record<string, string>>;
  readonly log: string;
  /** What the steps wrote into the folder that OUT names, by file name. */
  readonly told: Readonly<Record<string, string>>;
  /** Folders of sandboxes, and arguments of processes, that are still there. */
  left(): readonly string[];
}

/** Runs all jobs of a workflow; `act` is the path of the runner. */
export async function runWorkflow(act: string, yaml: string, files: Readonly<Record<string, string>>) {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "nats-sandbox-act-")));
  const [repo, home, out] = ["repo", "home", "out"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [repo, home, out]) mkdirSync(folder);
  copyTree(repo);
  for (const [name, text] of Object.entries({ ".github/workflows/test.yml": yaml, ...files })) {
    mkdirSync(dirname(join(repo, name)), { recursive: true });
    writeFileSync(join(repo, name), text);
  }
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], { cwd: repo });
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", "test");
  const { PATH: _, ...npm } = withNpm(dir);
  const variables = { OUT: out, NATS_SANDBOX_SERVER: (await realServer()).path, ...npm };
  const child = spawn(
    act,
    [
      ...["push", "--platform", "ubuntu-latest=-self-hosted", "--no-cache-server"],
      ...Object.entries(variables).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    ],
    {
      cwd: repo,
      env: { PATH: process.env.PATH, HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 240_000,
    },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      log += text;
    });
  const [status] = await once(child, "close");
  return {
    dir,
    status,
    log,
    jobs: byJob(log),
    told: Object.fromEntries(readdirSync(out).map((name) => [name, readFileSync(join(out, name), "utf8")])),
    left: () => [
      ...readdirSync(home, { recursive: true, encoding: "utf8" }).filter((path) =>
        /\/tmp\/nats-sandbox-\w+$/.test(path),
      ),
      ...processesIn(dir),
    ],
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }),
  } satisfies Workflow;
}

/** What git has, and the build, which it would leave out. */
function copyTree(repo: string): void {
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).split("\0");
  for (const file of listed)
    if (existsSync(join(ROOT, file)) && !/^$|^\.git/.test(file)) cpSync(join(ROOT, file), join(repo, file));
  cpSync(join(ROOT, "dist"), join(repo, "dist"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(repo, "node_modules"));
}

/** Each line begins with `[workflow/job]`. */
function byJob(log: string): Record<string, string> {
  const jobs: Record<string, string> = {};
  for (const line of log.split("\n")) {
    const [, job, text] = /^\[[^/\]]*\/([^\]]*?) *\] (.*)$/.exec(line) ?? [];
    if (job !== undefined) jobs[job] = `${jobs[job] ?? ""}${text}\n`;
  }
  return jobs;
}

/** Only Linux tells. */
function processesIn(dir: string): readonly string[] {
  const pids = process.platform === "linux" ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return pids.flatMap((pid) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return args.includes(dir) ? [args] : [];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}
