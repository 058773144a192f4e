/** Where output goes: pipes that close early, quiet runs, and terminals with their colours, live table and Ctrl-C. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { eventually, Program } from "../testing/cli-program.ts";
import { MAIN, openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { inTerminal, PYTHON } from "../testing/cli-terminal.ts";

const ESCAPE = "\u001b";
const COLOUR = /\u001b\[\d+m/;
const MOVE_UP = /\u001b\[\d+A/;
const READY = "Ctrl-C stops everything";

beforeAll(() => realServer());

async function nothingIsLeft(room: Room): Promise<void> {
  expect(await room.remaining()).toEqual([]);
  expect(room.left()).toEqual([]);
}

describe.concurrent("a reader that goes away", () => {
  it.each([[["check", "open"]], [["check", "open", "--json"]], [["modes", "--json"]], [["config", "open"]]])(
    "does no harm to %j",
    async (args) => {
      await using room = await openRoom("closed");
      const program = room.start(args);
      program.hangUp("stdout");
      const { status, stderr } = await program.ended;
      expect(status).toBe(0);
      expect(stderr).not.toMatch(/EPIPE|^ +at |bug/m);
      await nothingIsLeft(room);
    },
  );

  it("does no harm to up, which runs on without any", async () => {
    await using room = await openRoom("closed-up");
    const up = room.start(["up", "open", "tls"]);
    await up.says(/ready at/);
    for (const stream of ["stdout", "stderr"] as const) up.hangUp(stream);
    await eventually(() => room.files().some((file) => file.endsWith("tls/app.env")), "up to be ready");
    expect((await up.end("SIGTERM")).status).toBe(0);
    await nothingIsLeft(room);
  });
});

describe.runIf(existsSync("/dev/full"))("a full disk under the result", { concurrent: true }, () => {
  const start = (room: Room, args: readonly string[], to = "> /dev/full") =>
    new Program("/bin/sh", ["-c", `exec "$@" ${to}`, "sh", process.execPath, MAIN, ...args], {
      cwd: room.work,
      env: room.env,
    });
  const SAID =
    "✖ standard output cannot be written\n  ENOSPC: no space left on device, write\n→ give it to a file or a program that takes it\n";

  it.each([[["modes"]], [["config", "open"]], [["--help"]], [["--version"]], [["check", "open", "--json"]]])(
    "is said once, and ends %j with 3",
    async (args) => {
      await using room = await openRoom("full");
      const { status, stderr } = await start(room, args).ended;
      expect({ status, said: stderr.endsWith(SAID) }).toEqual({ status: 3, said: true });
      expect(stderr.match(/ENOSPC/g)).toHaveLength(1);
      await nothingIsLeft(room);
    },
  );

  it("takes no report away, and no status of its own from what failed", async () => {
    await using room = await openRoom("full-report");
    const args = ["check", "user-pass", "--require", "natscli", "--report", "json=r.json"];
    const { status, stderr } = await start(room, args).ended;
    expect(status).toBe(1);
    expect(stderr).toContain(SAID);
    expect(JSON.parse(readFileSync(join(room.work, "r.json"), "utf8")).schema).toBe(1);
    expect(await room.remaining()).toEqual([]);
    expect((await start(room, ["check", "opne", "--json"]).ended).status).toBe(2);
  });

  it("is told at once by up, which stays up, and at its end is 3", async () => {
    await using room = await openRoom("full-up");
    const up = await start(room, ["up", "open", "--report", "json=r.json"]).says(/json report: r\.json/);
    expect(up.stderr).toContain(SAID);
    expect((await up.end("SIGINT")).status).toBe(3);
    expect(await room.remaining()).toEqual([]);
  });

  it("does no harm under standard error", async () => {
    await using room = await openRoom("full-stderr");
    const { status, stdout } = await start(room, ["check", "open"], "2> /dev/full").ended;
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}✔ open /m);
    await nothingIsLeft(room);
  });
});

describe.concurrent("in a pipe", () => {
  it("there is no escape code, whatever the environment says of terminals", async () => {
    await using room = await openRoom("pipe");
    const env = { TERM: "xterm-256color", COLORTERM: "truecolor" };
    const { stdout, stderr } = await room.run(["check", "open", "--verbose"], { env });
    expect(stdout + stderr).not.toContain(ESCAPE);
    expect(stderr).toMatch(/^✔ open\/\S+: /m);
  });

  it("--quiet leaves the result and takes the progress", async () => {
    await using room = await openRoom("quiet");
    const { status, stdout, stderr } = await room.run(["check", "open", "--quiet"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^ {2}✔ open /m);
    const wrong = await room.run(["check", "opne", "--quiet"]);
    expect(wrong.stderr).toMatch(/^✖ /);
  });

  it("--json leaves nothing but the document on stdout, and with --quiet nothing on stderr", async () => {
    await using room = await openRoom("json-quiet");
    const { status, stdout, stderr } = await room.run(["check", "open", "--json", "--quiet"]);
    expect({ status, stderr, schema: JSON.parse(stdout).schema }).toEqual({
      status: 0,
      stderr: "",
      schema: 1,
    });
  });
});

describe.runIf(PYTHON !== undefined)("on a terminal (needs python3)", { concurrent: true }, () => {
  it("there are colours, and a table that is redrawn in place and ends as the result", async () => {
    await using room = await openRoom("terminal");
    const { status, stdout } = await inTerminal(room, ["check", "open", "tls"]).ended;
    expect(status).toBe(0);
    expect(stdout).toMatch(COLOUR);
    expect(stdout).toMatch(MOVE_UP);
    // What is left on the screen after the last time the table was taken away.
    const left = stdout.slice(stdout.lastIndexOf(`${ESCAPE}[J`)).replaceAll(/\u001b\[\d*[A-Za-z]/g, "");
    expect(left.match(/✔ (open|tls) /g)).toEqual(["✔ open ", "✔ tls "]);
    const rows = stdout.replaceAll(/\u001b\[\d*[A-Za-z]/g, "").split(/\r?\n/);
    expect(rows.filter((row) => row.length > 100)).toEqual([]);
  });

  it.each([
    ["--no-color", ["--no-color"], {}],
    ["NO_COLOR", [], { NO_COLOR: "1" }],
    ["a dumb terminal", [], { TERM: "dumb" }],
  ])("%s means no colours", async (what, more, env) => {
    await using room = await openRoom("no-colour");
    const { status, stdout } = await inTerminal(room, ["check", "open", ...more], { env }).ended;
    expect(status).toBe(0);
    expect(stdout).toMatch(/✔ open /);
    expect(stdout).not.toMatch(COLOUR);
    if (what === "a dumb terminal") expect(stdout).not.toContain(ESCAPE);
  });

  it("each stream is dressed for itself: the result in a pipe is plain, and the table on the terminal is not", async () => {
    await using room = await openRoom("terminal-pipe");
    const shell = `"$@" > '${room.dir}/scripts/result.txt'`;
    const { status, stdout } = await inTerminal(room, ["check", "open", "tls"], { shell }).ended;
    expect(status).toBe(0);
    expect(stdout).toMatch(COLOUR);
    expect(stdout).toMatch(MOVE_UP);
    const result = readFileSync(join(room.dir, "scripts/result.txt"), "utf8");
    expect(result).toMatch(/✔ open /);
    expect(result).not.toContain(ESCAPE);
  });

  it("--quiet means no live table", async () => {
    await using room = await openRoom("terminal-quiet");
    const { stdout } = await inTerminal(room, ["check", "open", "--quiet"]).ended;
    expect(stdout).toMatch(/✔.* open /);
    expect(stdout).not.toMatch(MOVE_UP);
  });

  it("Ctrl-C, which every process in the window gets, ends up with 0 and leaves nothing", async () => {
    await using room = await openRoom("ctrl-c");
    const { status, stdout } = await inTerminal(room, ["up", "open", "tls"], { at: READY, does: "Ctrl-C" })
      .ended;
    expect({ status, said: stdout.includes("stopping…") }).toEqual({ status: 0, said: true });
    await nothingIsLeft(room);
  });

  it("Ctrl-C while it checks ends it with 130 and leaves nothing", async () => {
    await using room = await openRoom("ctrl-c-early");
    const { status } = await inTerminal(room, ["check", "all"], { at: "tls://localhost", does: "Ctrl-C" })
      .ended;
    expect(status).toBe(130);
    await nothingIsLeft(room);
  });

  it.each([
    ["once it is ready", ["up", "open", "tls"], READY],
    ["while it checks", ["check", "all"], "tls://localhost"],
  ])("closing the window %s leaves nothing", async (_, args, at) => {
    await using room = await openRoom("window");
    await inTerminal(room, args, { at, does: "close" }).ended;
    await nothingIsLeft(room);
  });
});
