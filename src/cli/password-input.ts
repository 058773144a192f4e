/** Reads a password from where nobody sees it: a terminal that does not echo it, or a pipe. */
import { StringDecoder } from "node:string_decoder";
import { SandboxError } from "../errors.ts";
import { EndedBySignal } from "./signals.ts";

/** Nobody types more; what is piped in beyond this many bytes is not read. */
const MOST_INPUT = 4096;

const KEY = { interrupt: "\u0003", end: "\u0004", erase: ["\u007f", "\b"], eraseLine: "\u0015" } as const;

/** Asks twice. @throws SandboxError `invalid-secret`; EndedBySignal on Ctrl-C. The terminal is as it was afterwards. */
export async function passwordFromTerminal(signal: AbortSignal): Promise<string> {
  using terminal = openTerminal(signal);
  const first = await terminal.ask("Password: ");
  if (first === "") return first; // asking again would not help
  if ((await terminal.ask("The same again: ")) === first) return first;
  throw new SandboxError("invalid-secret", "the two passwords are not the same", {
    fix: "run it again, and type the same one twice",
  });
}

interface Terminal extends Disposable {
  ask(prompt: string): Promise<string>;
}

function openTerminal(signal: AbortSignal): Terminal {
  const { stdin, stderr } = process;
  const decoder = new StringDecoder("utf8");
  // What was typed or pasted ahead, by character.
  let keys: string[] = [];
  let wake = () => {};
  const onData = (chunk: Buffer) => {
    keys.push(...decoder.write(chunk));
    wake();
  };
  const onEnd = () => {
    keys.push(KEY.end);
    wake();
  };
  stdin.setRawMode(true);
  stdin.on("data", onData).on("end", onEnd);
  const nextKey = async (): Promise<string> => {
    while (keys.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return keys.shift() ?? "";
  };
  return {
    async ask(prompt) {
      stderr.write(prompt);
      try {
        return await readLine(nextKey);
      } finally {
        // The Enter was not echoed either. A signal has written its own mind by then.
        if (!signal.aborted) stderr.write("\n");
      }
    },
    [Symbol.dispose]() {
      keys = [];
      stdin.off("data", onData).off("end", onEnd);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}

/** A raw terminal edits nothing by itself: what people expect of Enter, Backspace, Ctrl-U, Ctrl-D and Ctrl-C is here. */
async function readLine(nextKey: () => Promise<string>): Promise<string> {
  const line: string[] = [];
  for (;;) {
    const key = await nextKey();
    if (key === "\r" || key === "\n" || key === KEY.end) return line.join("");
    if (key === KEY.interrupt) throw new EndedBySignal("SIGINT");
    if (key === KEY.eraseLine) line.length = 0;
    else if (KEY.erase.some((erase) => erase === key)) line.pop();
    else if (/[\u0000-\u001f]/.test(key)) throw controlKey();
    else line.push(key);
  }
}

/** An arrow key, say: it would become a part of the password that nobody sees. */
function controlKey(): SandboxError {
  return new SandboxError("invalid-secret", "a key was pressed that is no character", {
    fix: "type it again without arrow, function and Tab keys, or pipe it in",
  });
}

/** One line, without its line break. @throws SandboxError `invalid-secret` */
export async function passwordFromPipe(): Promise<string> {
  const text = decode(await readInput()).replace(/\r?\n$/, "");
  if (/[\r\n]/.test(text)) throw noLine("is more than one line");
  return text;
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_INPUT) throw noLine(`is longer than ${MOST_INPUT} bytes`);
  }
  return Buffer.concat(chunks);
}

/** A client sends a password as JSON, so as UTF-8: other bytes would be replaced, and never match. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw noLine("is not UTF-8");
  }
}

function noLine(why: string): SandboxError {
  return new SandboxError("invalid-secret", `what came on stdin ${why}`, {
    fix: "pipe in the password alone, as one line of UTF-8 text",
  });
}
