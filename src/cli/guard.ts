/** Runs a command and turns whatever it throws into words and an exit status. */
import { asSandboxError, EXIT } from "../errors.ts";
import { type GlobalOptions, resultJson, styleFor } from "./output.ts";
import { EndedBySignal } from "./signals.ts";

const REPORT =
  "please report it, with the output of --verbose, at https://github.com/nats-sandbox/nats-sandbox/issues";

export interface GuardOptions extends GlobalOptions {
  /** The exit status of whatever is neither wrong use nor a signal; the error's own when absent. */
  readonly failed?: number;
}

export async function guard(options: GuardOptions, command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    // At once: what a signal interrupted may still be waiting for answers that will not come.
    if (error instanceof EndedBySignal) process.exit(error.status);
    return fail(error, options);
  }
}

function fail(error: unknown, options: GuardOptions): number {
  const { code, message, detail, status, ...told } = asSandboxError(error);
  const fix = told.fix ?? (code === "bug" ? REPORT : undefined);
  if (options.json === true) resultJson({ schema: 1, error: { code, message, detail, fix } });
  const style = styleFor(process.stderr, options);
  const lines = [
    `${style.red("✖")} ${style.bold(message)}`,
    ...(detail ?? "").split("\n").map((line) => `  ${line}`),
    ...(fix === undefined ? [] : [`${style.green("→")} ${fix}`]),
    ...(options.verbose === true ? stackOf(error) : []),
  ];
  process.stderr.write(`${lines.filter((line) => line.trim() !== "").join("\n")}\n`);
  return status === EXIT.usage ? status : (options.failed ?? status);
}

/** Where it came from, and where that came from. */
function stackOf(error: unknown): readonly string[] {
  return error instanceof Error ? [error.stack ?? "", ...stackOf(error.cause)] : [];
}
