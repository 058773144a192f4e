/** A real sshd on loopback in front of the engine of the tests, and an ssh that knows nobody else. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

const SSHD = "/usr/sbin/sshd";
/** Its own user may be logged in by anybody who starts it; the folder that it wants is root's. */
const PRIVILEGES = "/run/sshd";

const SSH = (process.env.PATH ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "ssh"))
  .find((path) => existsSync(path));

/** Empty where there is all that it takes. */
export const NO_SSHD =
  SSH === undefined ? "no ssh" : !existsSync(SSHD) ? "no sshd" : process.getuid?.() !== 0 ? "not root" : "";

export interface Sshd extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Writes an `ssh` into a folder that gets in; or whose key is unknown, or who knows the host by another key. */
  client(folder: string, as?: "friend" | "unknown" | "misled"): void;
}

/** `dir` is for its files. What it runs as `docker` is a few lines that carry bytes to the socket. */
export async function startSshd(dir: string, socketPath: string): Promise<Sshd> {
  mkdirSync(PRIVILEGES, { recursive: true, mode: 0o755 });
  mkdirSync(join(dir, "remote"), { recursive: true });
  const at = (name: string) => join(dir, name);
  for (const name of ["host", "friend", "unknown", "other-host"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  const publicKey = (name: string) =>
    execFileSync("ssh-keygen", ["-y", "-f", at(name)], { encoding: "utf8" });
  writeFileSync(at("authorized"), publicKey("friend"));
  writeFileSync(at("remote/docker"), remoteDocker(socketPath), { mode: 0o755 });
  const port = await freePort();
  const known = (name: string) => `[127.0.0.1]:${port} ${publicKey(name)}`;
  writeFileSync(at("known"), known("host"));
  writeFileSync(at("known-otherwise"), known("other-host"));
  writeFileSync(
    at("sshd_config"),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${at("host")}`,
      `AuthorizedKeysFile ${at("authorized")}`,
      "PidFile none",
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      `SetEnv PATH=${at("remote")}:/usr/bin:/bin`,
    ].join("\n"),
  );
  const child = spawn(SSHD, ["-D", "-e", "-f", at("sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
  const lines = createInterface(child.stderr);
  for await (const line of lines) if (line.startsWith("Server listening")) break;
  child.stderr.resume();

  return {
    port,
    url: "ssh://engine",
    client(folder, as = "friend") {
      const config = join(folder, "ssh_config");
      const options = {
        HostName: "127.0.0.1",
        Port: port,
        User: userInfo().username,
        IdentityFile: at(as === "unknown" ? "unknown" : "friend"),
        IdentitiesOnly: "yes",
        UserKnownHostsFile: at(as === "misled" ? "known-otherwise" : "known"),
        GlobalKnownHostsFile: "/dev/null",
        StrictHostKeyChecking: "yes",
      };
      const text = Object.entries(options).map(([name, value]) => `  ${name} ${value}\n`);
      writeFileSync(config, `Host engine\n${text.join("")}`, { mode: 0o600 });
      writeFileSync(join(folder, "ssh"), `#!/bin/sh\nexec ${SSH} -F ${config} "$@"\n`, { mode: 0o755 });
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}

/** As `docker system dial-stdio`, and nothing else. */
function remoteDocker(socketPath: string): string {
  return `#!${process.execPath}
if (process.argv.slice(2).join(" ") !== "system dial-stdio") process.exit(9);
const engine = require("node:net").connect({ path: ${JSON.stringify(socketPath)}, allowHalfOpen: true });
process.stdin.pipe(engine).pipe(process.stdout);
engine.on("end", () => process.stdout.write("", () => process.exit(0)));
process.stdout.on("error", () => process.exit(0));
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
