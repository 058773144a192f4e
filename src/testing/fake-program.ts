/** A program made for one test: it writes down how it was called, and does what the test says. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** How a program was called. */
export interface Call {
  readonly pid: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** Content and mode of every file that an environment variable names, by the variable. */
  readonly files: Readonly<Record<string, { readonly text: string; readonly mode: number }>>;
}

export interface FakeProgram {
  readonly path: string;
  /** The only call. */
  call(): Promise<Call>;
}

/** For a program that is given something on its standard input; any other would wait there for ever. */
const READ_STDIN = "for await (const chunk of process.stdin) stdin += chunk;";

function textOf(readsStdin: boolean, script: string): string {
  return `#!${process.execPath}
const { readFileSync, statSync, writeFileSync, renameSync } = require("node:fs");
const { join } = require("node:path");
void (async () => {
  const files = {};
  for (const [name, path] of Object.entries(process.env))
    try {
      const mode = statSync(path).mode & 0o777;
      files[name] = { text: readFileSync(path, "utf8"), mode };
    } catch {}
  let stdin = "";
  ${readsStdin ? READ_STDIN : ""}
  const call = { pid: process.pid, args: process.argv.slice(2), env: process.env, stdin, files };
  writeFileSync(join(__dirname, "call.part"), JSON.stringify(call));
  renameSync(join(__dirname, "call.part"), join(__dirname, "call.json"));
  ${script}
})();
`;
}

export interface FakeOptions {
  readonly dir: string;
  readonly name: string;
  /** JavaScript: what the program prints and how it ends. */
  readonly script: string;
  readonly readsStdin?: boolean;
}

export async function fakeProgram({
  dir,
  name,
  script,
  readsStdin = false,
}: FakeOptions): Promise<FakeProgram> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, name);
  await writeFile(path, textOf(readsStdin, script));
  await chmod(path, 0o700);
  return { path, call: async () => JSON.parse(await readFile(join(dir, "call.json"), "utf8")) as Call };
}
