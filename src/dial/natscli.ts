/** The official `nats` command line as a driver, where it is installed: a second opinion, dialled through the tap. */
import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Connection } from "../model.ts";
import { natscliSecret } from "../secrets.ts";
import { viaTap } from "../tap.ts";
import { newTrace, type Trace } from "../wire/trace.ts";
import type { DialRequest } from "./request.ts";

/** The `nats` command on PATH, or undefined. */
export function findNatscli(path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter((dir) => dir !== "")
    .map((dir) => join(dir, "nats"))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** What `nats --version` prints, or "unknown". */
export async function natscliVersion(): Promise<string> {
  const { output } = await run(findNatscli() ?? "nats", ["--version"], {}, 5_000);
  return /\d+\.\d+\.\d+/.exec(output)?.[0] ?? "unknown";
}

export async function dialNatscli(
  request: DialRequest,
  tap: { readonly host: string; readonly port: number },
): Promise<Trace> {
  const trace = newTrace();
  const program = findNatscli();
  if (program === undefined) return { ...trace, failure: { code: "ENOENT", message: "nats is not on PATH" } };
  const home = await mkdtemp(join(request.scratch, "natscli-"));
  try {
    const env = await environment(request.connection, tap, home);
    // Its own limit is 5 s, which a busy machine may need: ours is to decide.
    const args = [`--timeout=${request.timeout}ms`, "pub", "nats-sandbox.check", "hello"];
    const { code, output } = await run(program, args, env, request.timeout);
    trace.pong = trace.complete = trace.open = code === 0;
    if (code !== 0) judge(trace, output);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  return trace;
}

/** Everything by environment, nothing by argument: arguments stand in the process list. A home of its own has no context. */
async function environment(
  { url, login, tls }: Connection,
  tap: { readonly host: string; readonly port: number },
  home: string,
): Promise<Record<string, string>> {
  const file = async (name: string, text: string) => {
    const path = join(home, name);
    await writeFile(path, text, { flag: "wx", mode: 0o600 });
    return path;
  };
  return {
    HOME: home,
    XDG_CONFIG_HOME: home,
    NATS_URL: viaTap(url, tap).href,
    ...(login?.user === undefined ? {} : { NATS_USER: login.user }),
    ...(login?.password === undefined ? {} : { NATS_PASSWORD: natscliSecret(login.password) }),
    ...(login?.token === undefined ? {} : { NATS_TOKEN: natscliSecret(login.token) }),
    ...(tls?.ca === undefined ? {} : { NATS_CA: await file("ca.pem", tls.ca) }),
    ...(tls?.present === undefined
      ? {}
      : {
          NATS_CERT: await file("cert.pem", tls.present.chain),
          NATS_KEY: await file("key.pem", tls.present.key),
        }),
  };
}

function run(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  timeout: number,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, output: `${stdout}${stderr}${error?.killed === true ? "DEADLINE" : ""}`.trim() });
    });
  });
}

/** What natscli prints for each refusal of Go's TLS and of nats.go. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/secure connection not available/, "TLS_NOT_OFFERED"],
  [/certificate signed by unknown authority/, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  [/certificate is valid for|doesn't contain any IP SANs/, "ERR_TLS_CERT_ALTNAME_INVALID"],
  [/DEADLINE|i\/o timeout/, "DEADLINE"],
  [/no servers available/, "ECONNREFUSED"],
];

function judge(trace: Trace, output: string): void {
  if (/Authorization Violation/i.test(output)) trace.errors.push("Authorization Violation");
  const code = TEXTS.find(([text]) => text.test(output))?.[1] ?? "ERROR";
  trace.failure = { code, message: output.split("\n", 1)[0] ?? "" };
}
