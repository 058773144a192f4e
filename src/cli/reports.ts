/** Reports as files, and on GitHub: where they go, whether that can work, and what is done when it does not. */
import { randomUUID } from "node:crypto";
import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  lstatSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { CONFIG_FILE } from "../config/load.ts";
import { codeOf, messageOf, SandboxError } from "../errors.ts";
import type { EngineName, Mode } from "../model.ts";
import { renderReport, type WantedReport, wantedReport } from "../report/formats.ts";
import { annotations, fittingSummary } from "../report/github.ts";
import { buildReport } from "../report/report.ts";
import type { Report } from "../results.ts";
import { makeDir, UNFINISHED } from "../state/private-files.ts";
import { complain, type GlobalOptions, styleFor, tell } from "./output.ts";
import type { Progress } from "./progress.ts";
import { pathInRepository } from "./repository.ts";

interface ReportFile extends WantedReport {
  /** Absolute, links followed. */
  readonly path: string;
}

/** The reports of one run. */
export interface Reports {
  /** Writes each, whatever becomes of the others, and shows GitHub what is not as promised. False when one failed. */
  write(report: Report): Promise<boolean>;
  /**
   * The work of a run. When it throws because nothing came up, the reports tell that before the error goes on; a signal
   * is no outcome, and nothing is written.
   */
  around<T>(run: RunFacts, work: () => Promise<T>): Promise<T>;
}

interface RunFacts {
  readonly modes: readonly Mode[];
  readonly progress: Progress;
  readonly engine: EngineName | "auto";
  readonly version: string;
}

/**
 * Made before anything is started: what cannot be written is told at once, and keeps nothing from going on.
 * @throws SandboxError `usage` for a format that there is not, or one file for two reports
 */
export function openReports(
  texts: readonly string[],
  configFile: string | undefined,
  options: GlobalOptions,
): Reports {
  const files = texts.map(wantedReport).map((one) => ({ ...one, path: pathOf(one.file) }));
  refuseTwins(files);
  for (const file of files) {
    const why = whyNot(file.path);
    if (why !== undefined) tell(`${unwritten(file, why)}\nThe checks run all the same.`, options);
  }
  const write = async (bare: Report) => {
    const report = configFile === undefined ? bare : { ...bare, configFile };
    await showOnGitHub(report, process.env);
    const written = [];
    for (const file of files) written.push(await writeOne(file, report, options));
    return written.every(Boolean);
  };
  return {
    write,
    async around(run, work) {
      const startedAt = new Date();
      try {
        return await work();
      } catch (error) {
        if (error instanceof SandboxError) await write(reportOfNothing(error, run, startedAt));
        throw error;
      }
    },
  };
}

/** Where a file comes to lie, though neither it nor its folder may be there yet. */
function pathOf(file: string): string {
  const path = resolve(file);
  try {
    return realpathSync(path);
  } catch (error) {
    const folder = dirname(path);
    if (codeOf(error) !== "ENOENT" || folder === path) return path;
    const place = join(pathOf(folder), basename(path));
    const isLink = lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    return isLink ? pathOf(resolve(dirname(place), readlinkSync(place))) : place;
  }
}

function refuseTwins(files: readonly ReportFile[]): void {
  const twin = files.find((one, i) => files.findIndex(({ path }) => path === one.path) < i);
  if (twin === undefined) return;
  throw new SandboxError("usage", `two reports go into one file: ${shown(twin.path)}`, {
    fix: `give each a file of its own, such as --report ${twin.format}=FILE`,
  });
}

/** What can be known beforehand of a file that cannot be written. */
function whyNot(path: string): string | undefined {
  try {
    let folder = dirname(path);
    while (!existsSync(folder)) folder = dirname(folder);
    if (!statSync(folder).isDirectory()) return `${shown(folder)} is no folder`;
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory()) return "it is a folder";
    if (there !== undefined && !there.isFile()) return "it is no plain file"; // or links that go round in a circle
    accessSync(folder, constants.W_OK);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function writeOne(file: ReportFile, report: Report, options: GlobalOptions): Promise<boolean> {
  try {
    const text = await renderReport(file.format, file.format === "sarif" ? placed(report) : report);
    const why = whyNot(file.path);
    if (why !== undefined) throw new Error(why);
    makeDir(dirname(file.path), 0o777);
    replace(file.path, text);
  } catch (error) {
    const style = styleFor(process.stderr, options);
    complain(`${style.red("✖")} ${unwritten(file, messageOf(error))}`);
    complain(`${style.green("→")} give a file that you may write: --report ${file.format}=FILE`);
    return false;
  }
  tell(`${file.format} report: ${shown(file.path)}`, options);
  return true;
}

/** With the file of settings, or the place where one would be, as code scanning knows it. */
function placed({ configFile = CONFIG_FILE, ...report }: Report): Report {
  const path = pathInRepository(resolve(configFile), process.cwd(), process.env);
  return path === undefined ? report : { ...report, configFile: path };
}

function unwritten({ format, path }: ReportFile, why: string): string {
  return `the ${format} report cannot be written to ${shown(path)}: ${why}`;
}

/** Whoever reads it sees the old report or the new one, never a half. */
function replace(path: string, text: string): void {
  const temporary = `${path}.${randomUUID()}${UNFINISHED}`;
  try {
    writeFileSync(temporary, text, { flag: "wx" });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short !== "" && short.length < path.length ? short : path;
}

/** Workflow commands go to standard error, where the runner reads them too: the other one is the result's. */
async function showOnGitHub(report: Report, env: NodeJS.ProcessEnv): Promise<void> {
  if (env.GITHUB_ACTIONS !== "true") return;
  for (const line of annotations(report)) complain(line);
  const path = env.GITHUB_STEP_SUMMARY;
  if (path === undefined || path === "") return;
  try {
    const taken = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    appendFileSync(path, fittingSummary(await renderReport("markdown", report), taken));
  } catch (error) {
    complain(`the summary of this job cannot be written: ${messageOf(error)}`);
  }
}

/** A mode that nothing was told of has failed for the reason for which all have. */
function reportOfNothing(
  { message, detail }: SandboxError,
  { modes, progress, engine, version }: RunFacts,
  startedAt: Date,
): Report {
  const errors = progress.errors();
  const common = detail === undefined ? message : `${message}\n${detail}`;
  return buildReport({
    tool: `nats-sandbox ${version}`,
    engine,
    startedAt,
    ms: Date.now() - startedAt.getTime(),
    servers: [],
    results: [],
    findings: [],
    skipped: [],
    notStarted: modes.map(({ name }) => ({ mode: name, error: errors.get(name) ?? common })),
    modes: [],
  });
}
