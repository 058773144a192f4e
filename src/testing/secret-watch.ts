/** Runs commands while it keeps all that there is to see of them, and finds the secrets of their sandboxes in it. */
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { strictPercentEncode, swapCase } from "../secrets.ts";
import type { Finished, Program } from "./cli-program.ts";
import { type Room, type RunOptions, realServer } from "./cli-room.ts";

export interface SecretWatch {
  /** What was seen, by where; it may show no secret. */
  readonly shown: ReadonlyMap<string, string>;
  /** Secrets of every sandbox that was seen, in all their forms. */
  secrets(): ReadonlySet<string>;
  /** Keeps what a program printed, and the arguments of all processes while `work` lasted. */
  watch(what: string, program: Program, work: Promise<unknown>): Promise<void>;
  /** Runs a command to its end. With `shows`, what it prints on stdout is its own affair. */
  run(args: readonly string[], options?: RunOptions & { readonly shows?: boolean }): Promise<Finished>;
  /** `<where>: <secret>` for each secret that can be seen. */
  leaks(): readonly string[];
  /** Files that hold a secret and are not private, or not a sandbox's. */
  exposedFiles(): readonly string[];
  /**
   * A nats-server that leaves a copy of its files, secrets and all, where the sandbox does not reach. `sabotage` is done
   * to its config, `$2`, at each start.
   */
  recordingServer(sabotage?: string): Promise<string>;
}

/** Appends the server's password to its config where an address belongs: the server quotes it while it refuses. */
export const QUOTE_PASSWORD = `sed -n 's/^ *password: \\(".*"\\) .*/listen: \\1/p' "$2" >> "$2"`;

export function watchSecrets(room: Room): SecretWatch {
  const shown = new Map<string, string>();
  const known = new Set<string>();
  let servers = 0;

  /** Sandboxes come and go: what they hold is learnt while they are there. */
  const learn = () => {
    for (const file of room.files().filter((one) => /\.(conf|env|pem|json)$/.test(one)))
      for (const secret of secretsIn(contentOf(join(room.dir, file)), file.endsWith(".json")))
        known.add(secret);
  };

  async function watch(what: string, program: Program, work: Promise<unknown>): Promise<void> {
    const args = new Set<string>();
    const look = () => {
      for (const line of room.processes().values()) args.add(line);
    };
    const timer = setInterval(look, 100);
    try {
      await work;
      look();
    } finally {
      clearInterval(timer);
    }
    learn();
    shown.set(`${what}: stdout`, program.stdout);
    shown.set(`${what}: stderr`, program.stderr);
    shown.set(`${what}: arguments`, [...args].join("\n"));
  }

  return {
    shown,
    secrets: () => known,
    watch,
    async run(args, { shows = false, ...options } = {}) {
      learn();
      const program = room.start(args, options);
      const what = args.join(" ");
      await watch(what, program, program.ended);
      if (shows) shown.delete(`${what}: stdout`);
      return program.ended;
    },
    leaks: () =>
      [...shown].flatMap(([what, text]) =>
        [...known].filter((secret) => text.includes(secret)).map((secret) => `${what}: ${secret}`),
      ),
    exposedFiles() {
      learn();
      const ours = room
        .files()
        .filter((file) => !file.startsWith("scripts/") && isFile(join(room.dir, file)));
      const holding = ours.filter((file) => {
        const text = contentOf(join(room.dir, file));
        return [...known].some((secret) => text.includes(secret));
      });
      return holding.flatMap((file) => problemsOf(room.dir, file));
    },
    async recordingServer(sabotage = "") {
      const { path } = await realServer();
      const copies = join(room.dir, "scripts/copies");
      mkdirSync(copies, { recursive: true });
      servers += 1;
      return room.script(
        `server${servers}`,
        `[ "$1" = -c ] && { mkdir '${copies}'/$$; cp "\${2%/*}"/* '${copies}'/$$; ${sabotage}\n}\nexec '${path}' "$@"`,
      );
    },
  };
}

/** Empty for what is no file, or is gone meanwhile. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** In a folder of a sandbox, which is 0700 like all below it, the file itself 0600. */
function problemsOf(dir: string, file: string): readonly string[] {
  const [, home = "", below = ""] = /^(work\/\.nats-sandbox)\/([^/]+\/.*)$/.exec(file) ?? [];
  if (home === "") return [`${file}: not in the folder of a sandbox`];
  const parts = below.split("/");
  const folders = parts.slice(0, -1).map((_, at) => join(home, ...parts.slice(0, at + 1)));
  const mode = (path: string) => (statSync(join(dir, path)).mode & 0o777).toString(8);
  return [
    ...folders.filter((path) => mode(path) !== "700").map((path) => `${path}: ${mode(path)}`),
    ...(mode(file) === "600" ? [] : [`${file}: ${mode(file)}`]),
  ];
}

/** Every secret of a text, in all the forms in which one could be shown, and each line of a private key. */
export function secretsIn(text: string, json = false): readonly string[] {
  const quoted = all(text, /^\s*(?:password|token): "((?:[^"\\]|\\.)*)"/gm);
  const variables = all(text, /^export NATS_(?:\w+_)?(?:PASSWORD|TOKEN)='(.*)'$/gm);
  const clear = [
    ...quoted.map((value) => value.replaceAll(/\\(.)/g, "$1")),
    ...variables.map((value) => value.replaceAll(`'\\''`, "'")),
    ...(json ? secretsInJson(text) : []),
  ].filter((value) => value !== "");
  const pems = json ? text.replaceAll("\\n", "\n") : text;
  const keys = all(pems, /-----BEGIN (?:\w+ )?PRIVATE KEY-----\n([\s\S]*?)\n-----END/g);
  return [
    ...quoted,
    ...clear.flatMap(formsOf),
    ...keys.flatMap((body) => body.split("\n").filter((line) => line.length > 20)),
  ].filter((value) => value !== "");
}

function all(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, value = ""]) => value);
}

function formsOf(value: string): readonly string[] {
  return [
    value,
    swapCase(value),
    encodeURIComponent(value),
    strictPercentEncode(value),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(value).toString("base64"),
  ];
}

/** Of an identity, a connection, a context of the nats CLI. */
function secretsInJson(text: string): readonly string[] {
  const found: string[] = [];
  try {
    JSON.parse(text, (key, value) => {
      if (/^(password|token|hash)$/.test(key) && typeof value === "string") found.push(value);
    });
  } catch {
    // half a file of a sandbox that is being made
  }
  return found;
}
