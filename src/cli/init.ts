/** `nats-sandbox init`: a nats-sandbox.yaml to start from. */
import { lstatSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, EXIT, messageOf, SandboxError } from "../errors.ts";
import { type GlobalOptions, resultJson, tell } from "./output.ts";

const TEMPLATE = fileURLToPath(new URL("../../templates/nats-sandbox.yaml", import.meta.url));
/** Where npm puts it, from the folder that it was installed in. */
const SCHEMA = "node_modules/nats-sandbox/schema/nats-sandbox.schema.json";
const MODELINE = /^(# yaml-language-server: \$schema=).*$/m;

export interface InitOptions extends GlobalOptions {
  readonly force?: boolean;
}

/** @throws SandboxError `usage` for a file that is there already, or cannot be written */
export async function init(file: string, options: InitOptions): Promise<number> {
  const path = resolve(file);
  const replaced = checkPlace(path, file, options.force === true);
  orUnwritable(file, () => writeFileSync(path, textFor(path), { flag: replaced ? "w" : "wx" }));
  tell(`${file} is written; nats-sandbox check tries its modes`, options);
  if (options.json === true) resultJson({ schema: 1, file: path, replaced });
  return EXIT.ok;
}

/** The editor's line must lead to the schema from where the file is. */
function textFor(path: string): string {
  const way = relative(dirname(path), resolve(SCHEMA)).split(sep).join("/");
  const schema = way.startsWith(".") ? way : `./${way}`;
  return readFileSync(TEMPLATE, "utf8").replace(MODELINE, (_, start: string) => `${start}${schema}`);
}

/** Is there a file to be replaced? */
function checkPlace(path: string, shown: string, force: boolean): boolean {
  const found = orUnwritable(shown, () => lstatSync(path, { throwIfNoEntry: false }));
  if (found === undefined) return false;
  if (!found.isFile())
    throw new SandboxError("usage", `${JSON.stringify(shown)} is there and no plain file`, {
      fix: "give another FILE",
    });
  if (!force)
    throw new SandboxError("usage", `${JSON.stringify(shown)} is there already, and is left alone`, {
      fix: "give another FILE, or --force to replace it",
    });
  return true;
}

function orUnwritable<Result>(shown: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const reason = codeOf(error) === "ENOENT" ? `there is no folder ${dirname(shown)}` : messageOf(error);
    throw new SandboxError("usage", `${JSON.stringify(shown)} cannot be written`, {
      detail: reason,
      fix: "give a FILE in a folder that is there and that you may write",
    });
  }
}
