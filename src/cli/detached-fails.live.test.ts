/** `up --detach` that does not come to be: failed starts, failed checks, signals, deaths of the command; no keeper stays. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it, vi } from "vitest";
import {
  answers,
  askStatus,
  clientsGetIn,
  gone,
  keepers,
  nothingRuns,
  portOf,
  upDetached,
} from "../testing/cli-detached.ts";
import { eventually } from "../testing/cli-program.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { inTerminal, PYTHON } from "../testing/cli-terminal.ts";
import { randomFor, SEED } from "../testing/random.ts";

const MODES = ["tls-verify", "user-pass", "open"];
const UP = ["up", "--detach", ...MODES];
const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const SIGNALS = Object.keys(STATUS) as readonly (keyof typeof STATUS)[];

vi.setConfig({ testTimeout: 120_000 }); // several lives each, many at once
beforeAll(() => realServer());

/** A nats-server that is given another config than the one it is started with, or that does something else first. */
async function spoiltServer(room: Room, deed: string): Promise<string> {
  const { path } = await realServer();
  return room.script("spoilt", `[ "$1" = -c ] && { ${deed}\n}\nexec '${path}' "$@"`);
}

const WITHOUT_LOGIN = `sed -i.old '/^authorization/,/^}/d' "$2"`;

describe.concurrent("a failed start", () => {
  it("is 3, in the server's own words, and leaves no keeper", async () => {
    await using room = await openRoom("detached-failed");
    const server = await spoiltServer(room, 'echo "nats-server: out of luck"; exit 1');
    const { status, stdout, stderr } = await room.run([...UP, "--server", server]);
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toMatch(/✖ the server of \S+ did not start\n {2}nats-server \S+ said: .*out of luck/);
    expect(await room.remaining()).toEqual([]);
    expect(room.left().filter((file) => /\.(conf|env|pem|sock|owner\.json)$/.test(file))).toEqual([]);
    const asked = JSON.parse((await room.run([...UP, "--server", server, "--json"])).stdout);
    expect(asked).toMatchObject({
      schema: 1,
      error: { code: "start-failed", detail: expect.stringContaining("out of luck") },
    });
    await upDetached(room, MODES); // nothing is in the way
    expect((await room.run(["down"])).status).toBe(0);
    await nothingRuns(room);
  });

  it("of one mode beside others is 1, and everything is stopped", async () => {
    await using room = await openRoom("detached-partly");
    const server = await spoiltServer(
      room,
      `grep -q '^tls ' "$2" && { echo "nats-server: out of luck"; exit 1; }`,
    );
    const { status, stdout } = await room.run(["up", "-d", "open", "tls", "--server", server]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/tls did not start: .*out of luck/);
    expect(await room.remaining()).toEqual([]);
    const kept = await room.run(["up", "-d", "open", "tls", "--keep-on-failure", "--server", server]);
    expect(kept.status).toBe(1);
    const { exit, document } = await askStatus(room);
    expect({ exit, states: document.modes.map((one: { state: string }) => one.state).sort() }).toEqual({
      exit: 1,
      states: ["failed", "ready"],
    });
    expect((await room.run(["down"])).status).toBe(0);
    expect(await room.remaining()).toEqual([]);
  });
});

describe.concurrent("a failed check", () => {
  it("is 1, says which, and stops everything", async () => {
    await using room = await openRoom("detached-red");
    const { status, stdout } = await room.run([
      "up",
      "-d",
      "user-pass",
      "--server",
      await spoiltServer(room, WITHOUT_LOGIN),
    ]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/✖ user-pass[\s\S]*Everything is stopped: --keep-on-failure leaves it running\./);
    expect(await room.remaining()).toEqual([]);
    expect((await askStatus(room)).exit).toBe(3);
  });

  it("with --keep-on-failure is 1, and leaves the servers running", async () => {
    await using room = await openRoom("detached-kept");
    const server = await spoiltServer(room, WITHOUT_LOGIN);
    const { status, stdout } = await room.run([
      "up",
      "-d",
      "user-pass",
      "--keep-on-failure",
      "--json",
      "--server",
      server,
    ]);
    const told = JSON.parse(stdout);
    expect(status).toBe(1);
    expect(told.modes[0].checks.fail).toBeGreaterThan(0);
    expect(await answers(portOf(told))).toBe(true);
    expect(await askStatus(room)).toMatchObject({ exit: 1, document: told });
    expect((await room.run(["status"])).stdout).toMatch(/✖ user-pass .* \d+\/\d+ checks passed/);
    expect((await room.run(["down"])).status).toBe(0);
    expect(await room.remaining()).toEqual([]);
  });
});

describe.concurrent(`a signal to the command before it is ready (seed ${SEED})`, () => {
  const random = randomFor("signals to up --detach");
  const cases = SIGNALS.flatMap((signal) =>
    Array.from({ length: 4 }, () => ({ signal, ms: Math.round(random() * 700) })),
  );

  it.each(cases)("$signal after $ms ms: 128 + its number, nothing is left", async ({ signal, ms }) => {
    await using room = await openRoom("detached-signal");
    const up = room.start(UP);
    await sleep(ms);
    const { status, stdout, stderr } = await up.end(signal);
    expect(stderr).not.toMatch(/✖|^ {4}at /m);
    if (stdout.includes("stops everything")) {
      // On a fast machine it came too late: it is up, and stays.
      expect((await room.run(["down"])).status).toBe(0);
    } else expect(status).toBe(STATUS[signal]);
    await nothingRuns(room);
  });

  it.each(SIGNALS)("%s while the servers are starting", async (signal) => {
    await using room = await openRoom("detached-signal-starting");
    const up = room.start(UP);
    await eventually(() => room.servers().length > 0, "a server");
    const { status, stdout } = await up.end(signal);
    expect({ status, stdout }).toEqual({ status: STATUS[signal], stdout: "" });
    await nothingRuns(room);
  });
});

describe.concurrent("the command", () => {
  it.each(["a keeper", "a server", "a check"])(
    "killed when it has %s takes everything along",
    async (moment) => {
      await using room = await openRoom("detached-deserted");
      const up = room.start([...UP, "--verbose"]);
      if (moment === "a keeper") await eventually(() => keepers(room).length > 0, "a keeper");
      else if (moment === "a server") await eventually(() => room.servers().length > 0, "a server");
      else await up.says(/✔ \S+\/\S+:/);
      await up.end("SIGKILL");
      await gone(room);
      await nothingRuns(room);
    },
  );

  it.each(["SIGKILL", ...SIGNALS] as const)(
    "ended by %s before it could say that the sandbox is up says what is so",
    async (signal) => {
      await using room = await openRoom("detached-unsaid");
      const up = room.start(["up", "-d", "open"]);
      await eventually(() => room.servers().length > 0, "a server");
      up.kill("SIGSTOP");
      await eventually(async () => (await askStatus(room)).exit === 0, "its keeper to have come so far");
      up.kill(signal);
      up.kill("SIGCONT");
      const { status, stdout } = await up.ended;
      const ended = signal === "SIGKILL" ? 137 : STATUS[signal];
      // It hears two things at once, its keeper and the signal; on a busy machine it has said so before it was held up.
      if (status === 0 || stdout !== "") {
        expect([0, ended]).toContain(status);
        expect(stdout).toContain("nats-sandbox down stops everything.");
        expect((await room.run(["down"])).stderr).toBe("default is stopped\n");
      } else {
        expect(status).toBe(ended);
        await gone(room);
      }
      await nothingRuns(room);
    },
  );

  it.each(["comes up", "fails"])(
    "that is slow to listen hears all the same that its keeper %s",
    async (how) => {
      await using room = await openRoom("detached-slow");
      const server = how === "comes up" ? [] : ["--server", await spoiltServer(room, "exit 1")];
      const up = room.start(["up", "-d", "open", ...server]);
      await eventually(() => keepers(room).length > 0, "a keeper");
      up.kill("SIGSTOP");
      await sleep(1_500); // the keeper is up, or over, by now
      up.kill("SIGCONT");
      const { status, stderr } = await up.ended;
      if (how === "comes up")
        expect({ status, up: (await askStatus(room)).exit }).toEqual({ status: 0, up: 0 });
      else
        expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining("did not start") });
      expect((await room.run(["down"])).status).toBe(0);
      expect(await room.remaining()).toEqual([]);
    },
  );
});

describe.skipIf(PYTHON === undefined).concurrent("in a terminal", () => {
  it("Ctrl-C before it is ready is 130, and nothing is left", async () => {
    await using room = await openRoom("detached-ctrl-c");
    const { status } = await inTerminal(room, UP, { does: "Ctrl-C", at: "MODE" }).ended;
    expect(status).toBe(130);
    await nothingRuns(room);
  });

  it.each([
    ["the window is closed", "close"],
    ["Ctrl-C is pressed", "Ctrl-C"],
  ] as const)("it stays when %s after it is ready", async (_, does) => {
    await using room = await openRoom("detached-closed");
    // The shell stays, so that there is a terminal to close after the command has ended.
    const shell = '"$@"; /bin/echo all-said; exec /bin/sleep 60';
    await inTerminal(room, UP, { does, at: "all-said", shell }).ended;
    const { exit, document } = await askStatus(room);
    expect({ exit, modes: document.modes.length }).toEqual({ exit: 0, modes: MODES.length });
    expect(await clientsGetIn(document.dir)).not.toContain(false);
    expect((await room.run(["down"])).status).toBe(0);
    await nothingRuns(room);
  });
});
