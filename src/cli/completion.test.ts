/** What a shell completes with the script it is given: real shells, asked as a Tab would ask them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MODES } from "../modes/all.gen.ts";
import { findOnPath } from "../server/programs.ts";
import { openRoom, type Room } from "../testing/cli-room.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const paths = Object.fromEntries(
  await Promise.all(SHELLS.map(async (shell) => [shell, (await findOnPath(shell, process.env))[0]])),
) as Record<Shell, string | undefined>;

let room: Room;
beforeAll(async () => {
  room = await openRoom("completion");
  for (const shell of SHELLS) {
    const { status, stdout, stderr } = await room.run(["completion", shell]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    writeFileSync(join(room.dir, "scripts", shell), stdout);
  }
  for (const name of ["default", "ci-1"]) {
    mkdirSync(join(room.state, name), { recursive: true });
    writeFileSync(join(room.state, name, ".sandbox.json"), "{}");
  }
  mkdirSync(join(room.state, "no-sandbox"));
  writeFileSync(join(room.work, "server 1"), "");
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

/** bash splits words at `=`, as COMP_WORDBREAKS says. */
const ASK_BASH = `
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
complete -p nats-sandbox > /dev/null || exit 9
_nats_sandbox
[ \${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;

/** Outside of a line editor the functions that would show what is found print it. */
const ASK_ZSH = `
compdef() { [[ $* == '_nats-sandbox nats-sandbox' ]] || exit 9 }
compset() { PREFIX=\${PREFIX#*=} }
_describe() { [[ $1 == -o ]] && shift; print -rl -- "\${(@P)2}" }
_files() { print -rl -- server* }
_normal() { print -r -- "normal $CURRENT $words" }
source "$1"; shift
words=("$@"); CURRENT=$#; PREFIX=$words[CURRENT]
_nats-sandbox`;

const ASK_FISH = `
source $argv[1]
complete -C (string join ' ' -- $argv[2..-1])`;

/** What a Tab at the end of the line offers. */
function complete(shell: Shell, line: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  const words = `nats-sandbox ${line}`.split(shell === "bash" ? /(?<==)|(?==)| / : " ");
  const start = {
    bash: ["--norc", "-c", ASK_BASH, "bash"],
    zsh: ["-f", "-c", ASK_ZSH, "zsh"],
    fish: ["--no-config", "-c", ASK_FISH],
  }[shell];
  const output = execFileSync(paths[shell] ?? shell, [...start, join(room.dir, "scripts", shell), ...words], {
    cwd: room.work,
    env: { ...room.env, PATH: "/usr/bin:/bin", ...env },
    encoding: "utf8",
  });
  const last = /[^ =]*$/.exec(line)?.[0] ?? "";
  const offered = output.split("\n").map((text) => {
    const word = text.replace(shell === "zsh" ? /:.*/ : /\t.*/, "");
    return shell === "fish" ? word.replace(/^--[a-z-]+=/, "") : word; // fish repeats the option
  });
  return offered.filter((word) => word !== "" && (shell !== "zsh" || word.startsWith(last))).sort();
}

const NAMES = MODES.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
const GROUPS = [...new Set(MODES.flatMap(({ groups }) => groups)), "all"];
const sorted = (words: readonly string[]) => [...words].sort();

async function inHelp(pattern: RegExp, ...command: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await room.run([...command, "--help"]);
  return sorted([...stdout.matchAll(pattern)].map(([, word = ""]) => word));
}

describe.each(SHELLS)("a real %s", (shell) => {
  // Skips are loud: the reporter names them.
  const here = it.skipIf(paths[shell] === undefined);

  here("offers every command that --help names, those of server too", async () => {
    const [, list = ""] = (await room.run(["--help"])).stdout.split("\nCommands:\n");
    const commands = [...(list.split("\n\n")[0] ?? "").matchAll(/^ {2}([a-z]+)\b/gm)].map(
      ([, word = ""]) => word,
    );
    expect(commands).toContain("completion");
    expect(complete(shell, "")).toEqual(sorted(commands));
    expect(complete(shell, "server ")).toEqual(["fetch", "list", "path"]);
  });

  here("offers every option that the --help of a command names, and no other", async () => {
    for (const command of [["up"], ["check"], ["config"], ["server", "path"], []]) {
      const options = await inHelp(/^ {2}(?:-\w, )?(--[a-z-]+)\b/gm, ...command);
      expect(complete(shell, [...command, "--"].join(" "))).toEqual(options);
    }
  });

  here.each<[string, readonly string[]]>([
    ["u", ["up"]],
    ["up ", sorted([...NAMES, ...GROUPS])],
    ["up open tls ", sorted([...NAMES, ...GROUPS])],
    ["config ", sorted(NAMES)],
    ["config open ", []],
    ["check mt", ["mtls"]],
    ["check cor", ["core"]],
    ["up --json tls-v", ["tls-verify"]],
    ["--json up tls-v", ["tls-verify"]],
    ["up --engine ", ["auto", "docker", "kubernetes", "process"]],
    ["up --engine=p", ["process"]],
    ["up --engine process token-", ["token-bcrypt"]],
    ["up --engine=process token-", ["token-bcrypt"]],
    ["config --key-type ", sorted(NAMES)],
    ["up --host ", []],
    ["up --host server ", sorted([...NAMES, ...GROUPS])],
    ["up --name ", ["ci-1", "default"]],
    ["up --name d", ["default"]],
    ["completion ", ["bash", "fish", "zsh"]],
    ["check --require ", ["natscli"]],
    ["env --format p", ["powershell"]],
    ["connect --lang javas", ["javascript"]],
    ["certs export tls --format ", ["pem", "pkcs12"]],
    ["env --as ap", ["app"]],
    ["server path x ", []],
    ["certs in", ["inspect"]],
    ["certs inspect --server tls-u", ["tls-user-pass"]],
  ])("after %j", (line, offered) => {
    expect(complete(shell, line)).toEqual(offered);
  });

  here("offers files where a file is meant, and the sandboxes of another home", () => {
    expect(complete(shell, "up --server se").map((file) => file.replaceAll("\\", ""))).toEqual(["server 1"]);
    expect(complete(shell, "up --name ", { NATS_SANDBOX_HOME: room.dir })).toEqual([]);
    expect(complete(shell, "up --name ", { NATS_SANDBOX_HOME: room.state })).toEqual(["ci-1", "default"]);
  });

  here("leaves what comes after -- to the command that it is", () => {
    if (shell === "zsh") expect(complete(shell, "up -- ")).toEqual(["normal 1 "]);
    else expect(complete(shell, "up -- x se")).toEqual(["server 1"]);
  });
});

describe("completion", () => {
  it("calls nothing but the shell: a Tab must not wait for a program", async () => {
    for (const shell of SHELLS) {
      const { stdout } = await room.run(["completion", shell]);
      const code = stdout.split("\n").filter((line) => !/^#/.test(line));
      expect(code.join("\n")).not.toMatch(/\bnode\b|\(\s*nats-sandbox|`nats-sandbox/);
    }
  });

  it.each([["tcsh"], []])("knows no shell %j", async (...shell) => {
    const { status, stdout, stderr } = await room.run(["completion", ...shell]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(shell.length === 0 ? /'shell'/ : /'tcsh'.*bash, zsh, fish/);
  });

  it("--help tells how to install it", async () => {
    const { stdout } = await room.run(["completion", "--help"]);
    for (const line of [
      "source <(nats-sandbox completion bash)",
      "source <(nats-sandbox completion zsh)",
      "nats-sandbox completion fish > ~/.config/fish/completions/nats-sandbox.fish",
    ])
      expect(stdout).toContain(line);
  });

  it("--json gives the script as a document", async () => {
    const [text, json] = await Promise.all([
      room.run(["completion", "bash"]),
      room.run(["completion", "bash", "--json"]),
    ]);
    expect(JSON.parse(json.stdout)).toEqual({ schema: 1, shell: "bash", script: expect.any(String) });
    expect(JSON.parse(json.stdout).script.trimEnd()).toBe(text.stdout.trimEnd());
  });
});
