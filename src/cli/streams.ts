/** Standard streams that cannot be written: no crash, and for a result that is lost a word and an exit status. */
import { codeOf, messageOf } from "../errors.ts";

let lost = false;

/** Before anything is written. */
export function watchStreams(): void {
  process.stdout.on("error", (error) => {
    // `| head` closes the pipe early, and a closed window takes the terminal away: then nobody reads, which is no error.
    if (lost || ["EPIPE", "EIO"].includes(codeOf(error) ?? "")) return;
    lost = true;
    process.stderr.write(
      `✖ standard output cannot be written\n  ${messageOf(error)}\n→ give it to a file or a program that takes it\n`,
    );
  });
  process.stderr.on("error", () => {}); // there is no other place to say it
}

/** Whether something of the result is lost, once all of it is written. */
export async function isResultLost(): Promise<boolean> {
  // The error is told after the write has failed, and one at the very end after the command has.
  await new Promise<void>((resolve) => process.stdout.write("", () => setImmediate(resolve)));
  return lost;
}
