/** Environment variables as commands of a shell, which also unset the names that must not be left over. */
import { type Environment, namesToUnset } from "../env.ts";

/** `. FILE` for any POSIX shell; node --env-file and most dotenv readers do not take it. */
export function shellFile(env: Environment): string {
  return `# Test credentials of nats-sandbox. Load with: . FILE\n${posixShell(env)}`;
}

export function posixShell(env: Environment): string {
  return commands(
    env,
    (name, value) => `export ${name}=${posixQuote(value)}`,
    (names) => `unset ${names.join(" ")}`,
  );
}

/** In single quotes everything stands for itself (POSIX XCU 2.2.2). */
export function posixQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function fish(env: Environment): string {
  return commands(
    env,
    (name, value) => `set -gx ${name} ${fishQuote(value)}`,
    (names) => `set -eg ${names.join(" ")}`,
  );
}

/** In fish's single quotes a backslash escapes itself and the quote. */
function fishQuote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}

export function powershell(env: Environment): string {
  return commands(
    env,
    (name, value) => `$env:${name} = ${powershellQuote(value)}`,
    (names) => `Remove-Item -ErrorAction Ignore ${names.map((name) => `Env:${name}`).join(", ")}`,
  );
}

/** PowerShell ends a quoted text at a typographic quote too; each is written twice (about_Quoting_Rules). */
function powershellQuote(text: string): string {
  return `'${text.replaceAll(/['\u2018-\u201b]/g, "$&$&")}'`;
}

const QUOTES = { shell: posixQuote, fish: fishQuote, powershell: powershellQuote } as const;

/** Words of one command line, quoted where it must be. */
export function commandLine(words: readonly string[], shell: keyof typeof QUOTES = "shell"): string {
  return words.map((word) => (/^[\w./:-]+$/.test(word) ? word : QUOTES[shell](word))).join(" ");
}

function commands(
  env: Environment,
  set: (name: string, value: string) => string,
  unset: (names: readonly string[]) => string,
): string {
  const lines = [unset(namesToUnset(env)), ...Object.entries(env).map((entry) => set(...entry))];
  return lines.map((line) => `${line}\n`).join("");
}
