/** A command of the user's, with our standard streams: run to its end, and ended by the signals that come to us. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { codeOf, messageOf } from "../errors.ts";
import { complain } from "./output.ts";
import type { Signals } from "./signals.ts";

/** As shells tell of a command that did not run (POSIX XCU 2.8.2). */
const STATUS = { notExecutable: 126, notFound: 127 } as const;

/** Resolves with its exit status; 128 and the number of the signal when one ended it. */
export async function runCommand(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signals: Pick<Signals, "handOver">,
): Promise<number> {
  const child = spawn(program, args, { env, stdio: "inherit" });
  using _ = signals.handOver((signal) => passOn(child, signal));
  return await new Promise((resolve) => {
    child.once("error", (error) => {
      complain(`✖ ${program} cannot be run: ${messageOf(error)}`);
      resolve(codeOf(error) === "ENOENT" ? STATUS.notFound : STATUS.notExecutable);
    });
    child.once("exit", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** A Ctrl-C on the terminal reaches the command by itself; any other signal comes to us alone. */
function passOn(child: ChildProcess, signal: NodeJS.Signals): void {
  if (signal === "SIGINT" && process.stdin.isTTY) return;
  child.kill(signal);
}
