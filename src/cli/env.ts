/** `nats-sandbox env`: the environment of a running mode's client, for a shell, a file or a CI job. */
import { appendFileSync, readFileSync } from "node:fs";
import type { Viewpoint } from "../engines/engine.ts";
import { dotenv } from "../env/dotenv.ts";
import { githubFile, githubMasks } from "../env/github.ts";
import { contentsOf, defaultMount, kubernetesSecrets } from "../env/kubernetes.ts";
import { checkContextPaths, natsContext } from "../env/nats-context.ts";
import { seenFrom } from "../env/seen-from.ts";
import { commandLine, fish, posixShell, powershell } from "../env/shell.ts";
import { type EnvironmentOptions, environmentOf, environmentOfModes } from "../env.ts";
import { EXIT, messageOf, SandboxError } from "../errors.ts";
import { type HandedOut, listHandedOut } from "../handed-out.ts";
import { complain, result, resultJson, tell } from "./output.ts";
import { commandFor, type HandOutOptions, oneOf, placeOfRunning, reach, sameSandbox } from "./reach.ts";

export interface EnvOptions extends HandOutOptions {
  /** Default: shell, or json with `--json`. */
  readonly format?: string;
  /** Put the login into NATS_URL too. */
  readonly url?: boolean;
  /** Who uses it; default: a program of this machine. */
  readonly from?: string;
  /** Folder there with the client's files. */
  readonly files?: string;
}

const VIEWPOINTS = ["host", "container", "network"] as const;

export const FORMATS = [
  "shell",
  "fish",
  "powershell",
  "dotenv",
  "json",
  "github",
  "nats-context",
  "kubernetes",
  "java",
] as const;

export async function env(names: readonly string[], options: EnvOptions): Promise<number> {
  const format = oneOf("format", options.format ?? (options.json === true ? "json" : "shell"), FORMATS);
  if (options.json === true && format !== "json")
    throw new SandboxError("usage", `--json and --format ${format} do not go together`, {
      fix: "leave one of them out",
    });
  const from = oneOf("place", options.from ?? "host", VIEWPOINTS);
  const found = reach(names, options);
  const files = filesOf(found, options);
  const handedOut = found.map((one) => seenFrom(one, from, files));
  const how = { loginInUrl: options.url === true };
  if (format === "json") resultJson(asJson(handedOut, how));
  else if (format === "github") passOn(handedOut, how, options);
  else if (format === "kubernetes") result(secretsOf(found, from, options).trimEnd());
  else if (format === "java") result(await argumentFileOf(found, options));
  else if (format === "nats-context") result(contextOf(handedOut).trimEnd());
  else result(asText(format, environmentOfModes(handedOut, how), wordsOf(names, options)).trimEnd());
  return EXIT.ok;
}

function filesOf(found: readonly HandedOut[], { files }: EnvOptions): string | undefined {
  if (files === undefined || found.length === 1) return files;
  throw new SandboxError("usage", "--files is the folder of one client, and several modes are named", {
    fix: "give one mode, and use the command once for each",
  });
}

/**
 * The comment comes last: `eval $(…)` without quotes makes one line of it all. A word that breaks the line would end it,
 * and be run.
 */
function asText(
  format: "shell" | "fish" | "powershell" | "dotenv",
  environment: Readonly<Record<string, string>>,
  words: readonly string[],
): string {
  const ends = words.some((word) => /\p{Cc}/u.test(word));
  const loadedWith = (how: (command: string) => string) =>
    ends || format === "dotenv" ? "" : `# Load with: ${how(commandLine(words, format))}`;
  switch (format) {
    case "shell":
      return `${posixShell(environment)}${loadedWith((command) => `eval "$(${command})"`)}`;
    case "fish":
      return `${fish(environment)}${loadedWith((command) => `${command} --format fish | source`)}`;
    case "powershell":
      return `${powershell(environment)}${loadedWith((command) => `${command} --format powershell | Out-String | Invoke-Expression`)}`;
    case "dotenv":
      return dotenv(environment);
  }
}

function wordsOf(names: readonly string[], options: EnvOptions): readonly string[] {
  const { as, url, from, files } = options;
  return [
    "nats-sandbox",
    "env",
    ...names,
    ...(as === undefined ? [] : ["--as", as]),
    ...sameSandbox(options),
    ...(url === true ? ["--url"] : []),
    ...(from === undefined ? [] : ["--from", from]),
    ...(files === undefined ? [] : ["--files", files]),
  ];
}

/** The environment of all, and each mode's own. */
function asJson(handedOut: readonly HandedOut[], how: EnvironmentOptions): unknown {
  const modes = handedOut.map(({ mode, client, connection, files }) => ({
    mode,
    client,
    env: environmentOf(connection, files, how),
  }));
  return {
    schema: 1,
    mode: modes[0]?.mode,
    client: modes[0]?.client,
    env: environmentOfModes(handedOut, how),
    modes,
  };
}

/** The files are those of a Secret, wherever it is mounted; their texts are read here. */
function secretsOf(found: readonly HandedOut[], from: Viewpoint, options: EnvOptions): string {
  if (from === "host")
    complain(
      "these URLs are for this machine: a Pod needs --from container, --from network or a hostNetwork",
    );
  const inPods = found.map((one) => {
    const mountedAt = options.files ?? defaultMount(one.mode);
    const { mode, client, connection, files } = seenFrom(one, from, mountedAt);
    const env = environmentOf(connection, files, { loginInUrl: options.url === true });
    return {
      mode,
      client,
      env,
      mountedAt,
      contents: contentsOf(one.files, (path) => readFileSync(path, "utf8")),
    };
  });
  return kubernetesSecrets(inPods);
}

/** The stores come beside the client's other files, and go with them. */
async function argumentFileOf(found: readonly HandedOut[], options: EnvOptions): Promise<string> {
  const one = onlyOne(found, "a JVM has one trust store and one key store, so this");
  if (options.from !== undefined || options.files !== undefined)
    throw new SandboxError("usage", "--format java is for a JVM of this machine", {
      fix: `${commandFor(options, "certs", "export", one.mode, "--format", "pkcs12", "--out", "DIR")}, and mount that`,
    });
  const { writeJavaStores } = await import("./java-stores.ts");
  return `@${writeJavaStores(one)}`;
}

function onlyOne(handedOut: readonly HandedOut[], what: string): HandedOut {
  const [one, ...more] = handedOut;
  if (one !== undefined && more.length === 0) return one;
  throw new SandboxError("usage", `${what} is for one mode`, {
    fix: "give one mode, and use the command once for each",
  });
}

function contextOf(handedOut: readonly HandedOut[]): string {
  const one = onlyOne(handedOut, "a context of the nats CLI");
  checkContextPaths(one.files);
  return natsContext(`nats-sandbox: ${one.client} of ${one.mode}`, one.connection, one.files);
}

/** Masks first, those of the modes' other clients too, or the runner would print what whatever step comes next says. */
function passOn(handedOut: readonly HandedOut[], how: EnvironmentOptions, options: EnvOptions): void {
  const path = process.env.GITHUB_ENV;
  if (!path)
    throw new SandboxError("output-unusable", "GITHUB_ENV is not set", {
      detail: "it names the file that a step of a GitHub Actions job writes variables to",
      fix: "use --format github in such a step, and another format elsewhere",
    });
  const environment = environmentOfModes(handedOut, how);
  const modes = handedOut.map(({ mode }) => mode);
  const others = listHandedOut(placeOfRunning(options, modes).dir).filter(({ mode }) => modes.includes(mode));
  const masks = others
    .map((one) => githubMasks(environmentOf(one.connection, one.files)))
    .join("")
    .trimEnd();
  if (masks !== "") result(masks);
  try {
    const before = readFileSync(path, "utf8");
    const gap = before === "" || before.endsWith("\n") ? "" : "\n";
    appendFileSync(path, gap + githubFile(environment, process.env));
  } catch (error) {
    throw new SandboxError("output-unusable", `cannot write the file ${path} that GITHUB_ENV names`, {
      detail: messageOf(error),
      fix: "run this in a step of a GitHub Actions job, where it exists",
    });
  }
  tell(`${Object.keys(environment).length} variables for the steps that follow`, options);
}
