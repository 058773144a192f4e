/** Commands that the command line prints for the next step: run as they stand, each means the same sandbox. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MAIN, openRoom, type Room } from "../testing/cli-room.ts";

/** What a shell prints in which the printed command was run. */
function inShell(room: Room, command: string): string {
  room.script("nats-sandbox", `exec '${process.execPath}' '${MAIN}' "$@"`);
  const env = { ...room.env, PATH: join(room.dir, "scripts") };
  return execFileSync("/bin/sh", ["-euc", `${command} 2>&1`], { cwd: room.work, env, encoding: "utf8" });
}

async function roomOf(config: string): Promise<Room> {
  const room = await openRoom("told");
  writeFileSync(join(room.work, "nats-sandbox.yaml"), config);
  return room;
}

const fixOf = (stderr: string) => /^→ (.*)$/m.exec(stderr)?.[1];

describe.concurrent("what up --detach suggests", () => {
  it.each([
    ["the name that the file says", [], "ours", ""],
    ["another name than the file says", ["--name", "default"], "default", " --name default"],
    ["another file", ["--config", "ci/my own.yaml"], "ci", " --config 'ci/my own.yaml'"],
    ["both", ["--config", "ci/my own.yaml", "--name", "x"], "x", " --config 'ci/my own.yaml' --name x"],
  ])("is right for %s", async (_, args, name, words) => {
    await using room = await roomOf("name: ours\n");
    mkdirSync(join(room.work, "ci"));
    writeFileSync(join(room.work, "ci/my own.yaml"), "name: ci\n");
    const { status, stdout } = await room.run(["up", "open", "--detach", ...args]);
    expect(status).toBe(0);
    const [, url] = /(nats:\/\/localhost:\d+)/.exec(stdout) ?? [];
    expect(stdout).toContain(`  eval "$(nats-sandbox env open${words})"`);
    const [load = "", connect = "", config = ""] =
      stdout.match(/(eval|nats-sandbox (connect|config)) .*?(?= {3}|$)/gm) ?? [];
    expect(inShell(room, `${load}; echo $NATS_URL`)).toBe(`${url}\n`);
    expect(inShell(room, connect)).toContain(url);
    expect(inShell(room, config)).not.toContain("is not up");
    const [down = ""] = /nats-sandbox down.*(?= stops everything)/.exec(stdout) ?? [];
    expect(inShell(room, down)).toBe(`${name} is stopped\n`);
  });
});

describe.concurrent("what an error suggests", () => {
  it.each([[["status"]], [["logs"]], [["restart"]], [["certs", "renew"]], [["certs", "list"]]])(
    "of %j starts the sandbox that was asked for",
    async (command) => {
      await using room = await roomOf("name: ours\n");
      const unnamed = await room.run(command);
      expect(fixOf(unnamed.stderr)).toBe("nats-sandbox up --detach");
      const { status, stderr } = await room.run([...command, "--name", "default"]);
      expect({ status, fix: fixOf(stderr) }).toEqual({
        status: 3,
        fix: "nats-sandbox up --detach --name default",
      });
    },
  );

  it("brings a mode into it, and stops no other one", async () => {
    await using room = await roomOf("name: ours\n");
    const named = ["--name", "default"];
    const fixes = async (args: readonly string[]) => fixOf((await room.run([...args, ...named])).stderr);
    expect(await fixes(["env", "open"])).toBe("nats-sandbox up open --detach --name default");
    expect((await room.run(["up", "open", "--detach", ...named])).status).toBe(0);
    expect(await fixes(["env", "token"])).toBe("nats-sandbox up token --detach --name default");
    expect(await fixes(["certs", "list", "tls"])).toBe("nats-sandbox up tls --detach --name default");
    expect(await fixes(["up", "open"])).toMatch(/^nats-sandbox down --name default stops it;/);
    expect((await room.run(["down", ...named])).status).toBe(0);
  });
});

describe.concurrent("how env is loaded again", () => {
  it("is quoted, and left out where a word would break the line", async () => {
    await using room = await roomOf("name: ours\n");
    expect((await room.run(["up", "tls", "--detach"])).status).toBe(0);
    const envOf = async (...more: string[]) => (await room.run(["env", "tls", ...more])).stdout;
    const lastOf = (text: string) => text.trimEnd().split("\n").at(-1) ?? "";

    const dir = "/a b'$(echo c)";
    const posix = await envOf("--files", dir);
    const command = lastOf(posix).replace("# Load with: ", "");
    expect(inShell(room, `${command}; echo "$NATS_CA"`)).toBe(`${dir}/ca.pem\n`);
    expect(lastOf(await envOf("--files", dir, "--format", "fish"))).toBe(
      "# Load with: nats-sandbox env tls --files '/a b\\'$(echo c)' --format fish | source",
    );
    expect(lastOf(await envOf("--files", dir, "--format", "powershell"))).toContain(
      "env tls --files '/a b''$(echo c)' --format powershell | ",
    );

    for (const format of ["shell", "fish", "powershell"]) {
      const text = await envOf("--files", "/a\necho INJECTED", "--format", format);
      expect(text).toContain("/a\necho INJECTED/ca.pem");
      expect(text).not.toContain("# Load with");
    }
    expect((await room.run(["down"])).status).toBe(0);
  });
});
