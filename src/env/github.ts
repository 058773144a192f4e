/** Environment variables for the later steps of a GitHub Actions job, with secrets masked in its log. */
import { randomUUID } from "node:crypto";
import { type Environment, namesToUnset } from "../env.ts";
import { strictPercentEncode } from "../secrets.ts";

const SECRET = /_(PASSWORD|TOKEN)$/;

/**
 * Workflow commands that mask each secret, as it is and as it stands in a URL; to be printed before anything else. A
 * value of several lines is masked line by line, because the log is (docs.github.com, workflow commands; the runner's
 * ActionCommand.cs for the escapes).
 */
export function githubMasks(env: Environment): string {
  const secrets = Object.entries(env).flatMap(([name, value]) => (SECRET.test(name) ? [value] : []));
  const forms = secrets.flatMap((value) => [value, ...value.split(/[\r\n]+/), strictPercentEncode(value)]);
  const masks = [...new Set(forms)].filter((form) => form !== "");
  return masks.map((form) => `::add-mask::${escapeData(form)}\n`).join("");
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/**
 * What is appended to the file that GITHUB_ENV names. No variable can be unset there, so those of `inherited` that are
 * stale are emptied.
 */
export function githubFile(env: Environment, inherited: NodeJS.ProcessEnv): string {
  const stale = namesToUnset(env).filter((name) => inherited[name]);
  const entries = [...stale.map((name) => [name, ""] as const), ...Object.entries(env)];
  return entries.map(([name, value]) => assignment(name, value)).join("");
}

/** Whoever can choose the value must not be able to write its end, so the delimiter is a random one. */
function assignment(name: string, value: string): string {
  if (!/[\r\n]/.test(value)) return `${name}=${value}\n`;
  const end = `end-${randomUUID()}`;
  return `${name}<<${end}\n${value}\n${end}\n`;
}
