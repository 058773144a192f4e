/** Ways to use the command line wrongly, or on a machine that lacks something, and what a user must then be told. */
import { join } from "node:path";
import type { ErrorCode } from "../errors.ts";
import type { Room, RunOptions } from "./cli-room.ts";

export interface WrongUse {
  readonly what: string;
  readonly code: ErrorCode;
  readonly args: (room: Room) => readonly string[];
  readonly env: (room: Room) => NonNullable<RunOptions["env"]>;
  /** The culprit by name, and the way out. */
  readonly says: readonly string[];
}

function wrong(
  what: string,
  code: ErrorCode,
  args: readonly string[] | ((room: Room) => readonly string[]),
  says: readonly string[],
  env: WrongUse["env"] = () => ({}),
): WrongUse {
  return { what, code, args: typeof args === "function" ? args : () => args, says, env };
}

const namedWrong = (name: string) =>
  wrong(
    `the name ${JSON.stringify(name)}`,
    "invalid-name",
    ["up", "open", `--name=${name}`],
    [JSON.stringify(name), "letters, digits"],
  );

const hostWrong = (host: string) =>
  wrong(`the host ${JSON.stringify(host)}`, "invalid-host", ["up", "open", "--host", host], ["DNS name"]);

/** A program in place of the server. */
const standIn = (text: string) => (room: Room) => ["up", "open", "--server", room.script("stand-in", text)];

const IN_DOCKER = ["check", "open", "--engine", "docker"];

const noServer = (room: Room) => ({
  NATS_SANDBOX_SERVER: undefined,
  NATS_SANDBOX_CACHE: join(room.dir, "scripts/cache"),
});

const home = (below: string) => (room: Room) => ({
  NATS_SANDBOX_HOME: join(room.script("home", ""), below),
});

export const WRONG_USES: readonly WrongUse[] = [
  wrong("an unknown command", "usage", ["upp"], ["'upp'", "Did you mean up?"]),
  wrong("an unknown option", "usage", ["up", "--nmae", "x"], ["'--nmae'", "Did you mean --name?"]),
  wrong("a missing argument", "usage", ["config"], ["'mode'"]),
  wrong("an unknown engine", "usage", ["up", "--engine", "podman"], ["'podman'", "process, docker"]),
  wrong("an empty --host", "usage", ["up", "--host", ""], ["--host", "empty"]),
  wrong("a mode close to one", "unknown-mode", ["up", "tls-verfy"], ['"tls-verfy"', "mean tls-verify?"]),
  wrong("a mode close to none", "unknown-mode", ["check", "ldap99"], ['"ldap99"', "tls-verify", "core"]),
  wrong("a mode of config", "unknown-mode", ["config", "opne"], ["did you mean open?", "nats-sandbox modes"]),
  wrong("a mode of env", "unknown-mode", ["env", "opne"], ["did you mean open?"]),
  wrong("env without a mode", "usage", ["env"], ["'mode'"]),
  wrong("an unknown format", "usage", ["env", "open", "--format", "shel"], ['"shel"', "mean shell?"]),
  wrong(
    "an unknown language",
    "usage",
    ["connect", "open", "--lang", "cobol"],
    ['"cobol"', "cli, javascript"],
  ),
  wrong("no language", "usage", ["connect", "open"], ["--lang"]),
  wrong("no folder to export to", "usage", ["certs", "export", "tls", "--format", "pem"], ["--out"]),
  wrong("env of what is not up", "not-up", ["env", "open"], ["default is not up", ".nats-sandbox"]),
  wrong("certs of what is not up", "not-up", ["certs", "list", "--name", "x"], ["x is not up", "sandbox up"]),
  wrong("a name of certs", "invalid-name", ["certs", "list", "--name", "../x"], ['"../x"']),
  ...["../x", "a/b", "a\nb", "", ".hidden", "a b", "x".repeat(64)].map(namedWrong),
  wrong("a name of config", "invalid-name", ["config", "open", "--name", "../x"], ['"../x"']),
  ...["bad host", "https://example.test", "example.test:4222", "a..b", "a\nb"].map(hostWrong),
  wrong(
    "an engine of later",
    "engine-unavailable",
    ["up", "--engine", "kubernetes"],
    ["kubernetes", "--engine process"],
  ),
  wrong(
    "no Docker engine",
    "engine-unavailable",
    IN_DOCKER,
    ["unix:///no/docker.sock", "DOCKER_HOST"],
    () => ({
      DOCKER_HOST: "unix:///no/docker.sock",
    }),
  ),
  wrong("no address as DOCKER_HOST", "engine-unavailable", IN_DOCKER, ['"what://ever"', "tcp://"], () => ({
    DOCKER_HOST: "what://ever",
  })),
  wrong(
    "no such Docker context",
    "engine-unavailable",
    IN_DOCKER,
    ['"nowhere"', "docker context ls"],
    () => ({
      DOCKER_CONTEXT: "nowhere",
    }),
  ),
  wrong(
    "an image without containers",
    "usage",
    ["check", "--engine", "process", "--image", "nats"],
    ["--engine docker"],
  ),
  wrong("an alias without a network", "usage", ["check", "open", "--alias", "nats"], ["--network"]),
  wrong(
    "one alias for many",
    "usage",
    ["check", "open", "tls", "--network", "x", "--alias", "nats"],
    ["2 modes"],
  ),
  wrong("no name as alias", "invalid-host", ["check", "open", "--network", "x", "--alias", "a b"], ['"a b"']),
  wrong("no time to pull", "usage", ["check", "--pull", "often"], ["missing, always, never"]),
  wrong("no file as --server", "invalid-server", ["up", "--server", "./nope"], ["./nope", "--server"]),
  wrong("no version as --server", "invalid-server", ["up", "--server", "2.x"], ['"2.x"', "such as 2."]),
  wrong("an empty --server", "invalid-server", ["check", "--server", ""], ["--server"]),
  wrong(
    "no file as NATS_SANDBOX_SERVER",
    "invalid-server",
    ["up"],
    ["/no/such", "NATS_SANDBOX_SERVER"],
    () => ({
      NATS_SANDBOX_SERVER: "/no/such",
    }),
  ),
  wrong("no server, offline", "server-not-found", ["up", "--offline"], ["offline", "server fetch"], noServer),
  wrong(
    "no server, offline, for its path",
    "server-not-found",
    ["server", "path", "--offline"],
    ["offline", "server fetch"],
    noServer,
  ),
  wrong(
    "no such version, offline",
    "server-not-found",
    ["check", "--offline", "--server", "2.9.0"],
    ["2.9.0"],
  ),
  wrong("a program that is no server", "server-broken", standIn("echo hello"), ["stand-in", '"hello"']),
  wrong("a program that only fails", "server-broken", standIn("exit 7"), ["stand-in", "--server"]),
  wrong("a program that hangs", "server-broken", standIn("exec /bin/sleep 60"), ["within 5 s"]),
  wrong("a server too old", "server-broken", standIn("echo nats-server version 0.9.6"), ["0.9.6", "1.4.0"]),
  wrong("a file as home", "state-unusable", ["up"], ["scripts/home", "NATS_SANDBOX_HOME"], home("")),
  wrong("a home below a file", "state-unusable", ["up"], ["scripts/home", "NATS_SANDBOX_HOME"], home("x/y")),
];
