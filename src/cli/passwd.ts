/** `nats-sandbox passwd`: the bcrypt hash of a password, for a server's config. */
import { EXIT, SandboxError } from "../errors.ts";
import { bcryptHash, checkSecret, randomText } from "../secrets.ts";
import { type GlobalOptions, result, resultJson, styleFor, tell } from "./output.ts";
import { passwordFromPipe, passwordFromTerminal } from "./password-input.ts";
import { listenForSignals } from "./signals.ts";

export interface PasswdOptions extends GlobalOptions {
  readonly cost: number;
  readonly random?: boolean;
}

/** What `mkpasswd` makes when it makes one. */
const LONG_ENOUGH = 22;
/** Where a password came from that the user has seen nowhere yet. */
const WHAT = "the password";

/** `rest` is whatever stood on the command line beside the options: it may be a password, and is never repeated. */
export async function passwd(rest: readonly string[], options: PasswdOptions): Promise<number> {
  if (rest.length > 0) throw notAnArgument();
  using signals = listenForSignals();
  const random = options.random === true;
  const password = random ? randomText("alphanumeric") : await signals.interrupt(ask(signals.signal));
  checkSecret(password, WHAT, { bcrypt: true });
  if ([...password].length < LONG_ENOUGH)
    tell(
      `${styleFor(process.stderr, options).yellow("!")} ${WHAT} is shorter than ${LONG_ENOUGH} characters; --random makes a long one`,
      options,
    );
  const hash = await signals.interrupt(bcryptHash(password, options.cost));
  if (options.json === true) resultJson({ schema: 1, hash, ...(random ? { password } : {}) });
  else result(random ? `pass: ${password}\nbcrypt hash: ${hash}` : hash);
  return EXIT.ok;
}

function ask(signal: AbortSignal): Promise<string> {
  return process.stdin.isTTY === true ? passwordFromTerminal(signal) : passwordFromPipe();
}

function notAnArgument(): SandboxError {
  return new SandboxError("usage", "passwd takes no password on the command line", {
    detail:
      "every user of this machine could read it in the list of processes, and the shell keeps it in its history",
    fix: "type it when asked, or pipe it in; nats-sandbox passwd --help shows the options there are",
  });
}
