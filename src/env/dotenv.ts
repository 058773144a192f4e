/** Environment variables as a .env file that docker compose, node --env-file and python-dotenv read alike. */
import type { Environment } from "../env.ts";
import { SandboxError } from "../errors.ts";

/** @throws SandboxError `invalid-secret` for a value that no quoting carries through all three readers */
export function dotenv(env: Environment): string {
  const line = ([name, value]: readonly [string, string]) => {
    const quoted = dotenvQuote(value);
    if (quoted === undefined) throw unquotable(name);
    return `${name}=${quoted}\n`;
  };
  return Object.entries(env).map(line).join("");
}

/**
 * The three agree on little: in single quotes python-dotenv reads `\\` as one backslash and replaces `${…}`, and node
 * knows no way to write the quote; in double quotes node knows no escape and compose replaces `$…`; without quotes
 * compose does that too, and `#` begins a comment. Measured with node 20, compose-go 2.16 and python-dotenv 1.2.
 */
function dotenvQuote(value: string): string | undefined {
  if (/[\0\r\n]/.test(value)) return undefined;
  if (/^[A-Za-z0-9_./:@%+,=~-]+$/.test(value)) return value;
  if (!/'|\\\\|\\$|\$\{/.test(value)) return `'${value}'`;
  if (!/["\\$]/.test(value)) return `"${value}"`;
  if (!/[$#]|^[\s'"`\x85]|[\s\x85]$/.test(value)) return value;
  return undefined;
}

function unquotable(name: string): SandboxError {
  return new SandboxError("invalid-secret", `no .env file can hold ${name}`, {
    detail:
      "docker compose, node and python-dotenv read its quotes, backslashes or dollar signs differently, whatever the quoting",
    fix: "use --format shell or json, or another secret",
  });
}
