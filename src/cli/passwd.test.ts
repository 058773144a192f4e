/** What `passwd` takes and gives, from a pipe and from a terminal, and that it never shows what it was given. */
import { compare } from "bcryptjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finished } from "../testing/cli-program.ts";
import { openRoom, type Room } from "../testing/cli-room.ts";
import { inTerminal, PYTHON } from "../testing/cli-terminal.ts";

let room: Room;
beforeAll(async () => {
  room = await openRoom("passwd");
});
afterAll(async () => {
  expect(room.left()).toEqual([]);
  await room[Symbol.asyncDispose]();
});

const LONG = "correct horse battery staple";
const HASH = /^\$2a\$11\$[./A-Za-z0-9]{53}\n$/;

function passwd(input: string | Uint8Array, ...args: readonly string[]): Promise<Finished> {
  return room.run(["passwd", ...args], { input });
}

describe.concurrent("from a pipe", () => {
  it("a password becomes its hash, which matches it and no other", async () => {
    const { status, stdout, stderr } = await passwd(LONG);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(HASH);
    expect(await compare(LONG, stdout.trim())).toBe(true);
    expect(await compare(`${LONG}\n`, stdout.trim())).toBe(false);
  });

  it.each([
    ["a line feed", `${LONG}\n`, LONG],
    ["a line break of Windows", `${LONG}\r\n`, LONG],
    ["spaces, which stay", ` ${LONG} `, ` ${LONG} `],
    ["a byte order mark, which stays", `\uFEFF${LONG}`, `\uFEFF${LONG}`],
    ["72 bytes", "ä".repeat(36), "ä".repeat(36)],
  ])("it may end with, or be, %s", async (_, input, password) => {
    const { stdout } = await passwd(input, "--cost", "4");
    expect(await compare(password, stdout.trim())).toBe(true);
  });

  it("two hashes of one password differ, and --cost is in them", async () => {
    const [one, two] = await Promise.all([passwd(LONG, "--cost", "4"), passwd(LONG, "--cost=4")]);
    for (const { stdout } of [one, two]) expect(stdout).toMatch(/^\$2a\$04\$/);
    expect(one.stdout).not.toBe(two.stdout);
  });

  it("--json gives one document, without the password", async () => {
    const { stdout } = await passwd(LONG, "--json");
    expect(JSON.parse(stdout)).toEqual({ schema: 1, hash: expect.stringMatching(/^\$2a\$11\$.{53}$/) });
  });

  it("a short one is hashed, with a warning that --quiet silences", async () => {
    const warned = await passwd("x".repeat(21), "--cost", "4");
    expect(warned.stderr).toMatch(/^! .* shorter than 22 .*--random.*\n$/);
    expect({ status: warned.status, hash: warned.stdout.length }).toEqual({ status: 0, hash: 61 });
    expect((await passwd("x".repeat(22), "--cost", "4")).stderr).toBe("");
    expect((await passwd("x", "--cost", "4", "--quiet")).stderr).toBe("");
  });
});

describe.concurrent("--random", () => {
  it("makes a password of letters and digits, and shows it with its hash as mkpasswd did", async () => {
    const { status, stdout, stderr } = await passwd("", "--random");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [, password = "", hash = ""] =
      /^pass: ([A-Za-z0-9]{22,})\nbcrypt hash: (\S+)\n$/.exec(stdout) ?? [];
    expect(await compare(password, hash)).toBe(true);
  });

  it("gives both with --json, new ones each time", async () => {
    const all = await Promise.all([1, 2].map(() => passwd("", "--random", "--json", "--cost", "4")));
    const [one, two] = all.map(({ stdout }) => JSON.parse(stdout));
    expect(Object.keys(one)).toEqual(["schema", "hash", "password"]);
    expect(await compare(one.password, one.hash)).toBe(true);
    expect(one.password).not.toBe(two.password);
  });
});

describe.concurrent("what makes no password is refused, and not repeated", () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ["nothing", "", /is empty/],
    ["an empty line", "\n", /is empty/],
    ["NUL", `${LONG}\0${LONG}`, /NUL or a line break/],
    ["two lines", `${LONG}\n${LONG}\n`, /more than one line/],
    ["two line ends", `${LONG}\n\n`, /more than one line/],
    ["a carriage return", `${LONG}\r${LONG}`, /more than one line/],
    ["73 bytes", "x".repeat(73), /73 bytes/],
    ["bytes that are not UTF-8", Buffer.concat([Buffer.from(LONG), Buffer.of(0xff)]), /not UTF-8/],
    ["more than a password ever is", LONG.repeat(200), /4096 bytes/],
    ["a hash", "$2a$11$1oJy/wZYNTxr9jNwMNwS3eUGhBpHT3On8CL9o7ey89mpgo88VG6ba", /looks like a bcrypt hash/],
    ["a hash of another prefix", "$2y$11$hush", /looks like a bcrypt hash/],
  ])("%s", async (_, input, why) => {
    const { status, stdout, stderr } = await passwd(input);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(why);
    expect(stderr).toMatch(/^→ /m);
    expect(stderr).not.toMatch(/horse|xxx|hush|1oJy/);
  });

  it.each([["hush"], ["--hush"], ["--password=hush"], ["-phush"], ["--", "-hush"], ["--random", "hush"]])(
    "on the command line: %s",
    async (...args) => {
      const [text, json] = await Promise.all([passwd(LONG, ...args), passwd(LONG, "--json", ...args)]);
      expect({ status: text.status, stdout: text.stdout }).toEqual({ status: 2, stdout: "" });
      expect(text.stderr).toContain("list of processes");
      expect(JSON.parse(json.stdout).error.code).toBe("usage");
      expect(Object.values(text).join() + Object.values(json).join()).not.toContain("hush");
    },
  );

  it.each(["3", "17", "x", "4.5", "0x8", "", "-4"])("a cost of %j", async (cost) => {
    const { status, stderr } = await passwd(LONG, `--cost=${cost}`);
    expect({ status, says: /4 to 16/.test(stderr) }).toEqual({ status: 2, says: true });
  });
});

describe.runIf(PYTHON !== undefined)("on a terminal (needs python3)", { concurrent: true }, () => {
  const asked = (first: string, second: string): readonly (readonly [string, string])[] => [
    ["Password: ", first],
    ["again: ", second],
  ];
  const afterwards = 'PATH=/usr/bin:/bin; "$@"; s=$?; printf "<%s>" "$s"; stty -a; exit $s';

  it("it is asked twice, never shown, and the terminal is as it was", async () => {
    const types = asked(`${LONG}\r`, `${LONG}\r`);
    const { status, stdout } = await inTerminal(room, ["passwd"], { types, shell: afterwards }).ended;
    expect(status).toBe(0);
    const [, hash = ""] = /^(\$2a\$11\$\S{53})\r$/m.exec(stdout) ?? [];
    expect(await compare(LONG, hash)).toBe(true);
    expect(stdout).not.toContain("horse");
    expect(stdout).toMatch(/<0>[\s\S]* icanon [\s\S]* echo /);
  });

  it("the prompts are on stderr", async () => {
    const { stdout } = await inTerminal(room, ["passwd"], {
      types: asked(`${LONG}\r`, `${LONG}\r`),
      shell: 'hash=$("$@"); printf "<%s>" "$hash"',
    }).ended;
    expect(stdout).toMatch(/^Password: \r\nThe same again: \r\n<\$2a\$11\$[^>]{53}>$/);
  });

  it("both may be pasted at once, with Backspace and Ctrl-U in them", async () => {
    const types = [["Password: ", `oops\u0015${LONG}ö\u007f\r${LONG}x\b\r`]] as const;
    const { status, stdout } = await inTerminal(room, ["passwd"], { types }).ended;
    const [, hash = ""] = /^(\$2a\$11\$\S{53})\r$/m.exec(stdout) ?? [];
    expect({ status, matches: await compare(LONG, hash) }).toEqual({ status: 0, matches: true });
  });

  it.each([
    ["two that differ", asked(`${LONG}\r`, `${LONG}x\r`), /not the same/],
    ["none", asked("\r", "\r"), /is empty/],
    ["the end of input", asked("\u0004", ""), /is empty/],
    ["an arrow key", asked(`${LONG}\u001b[D\r`, ""), /no character/],
  ])("%s is an error", async (_, types, why) => {
    const { status, stdout } = await inTerminal(room, ["passwd"], { types, shell: afterwards }).ended;
    expect(status).toBe(2);
    expect(stdout).toMatch(why);
    expect(stdout).not.toMatch(/horse|\$2a/);
    expect(stdout).toMatch(/<2>[\s\S]* icanon [\s\S]* echo /);
  });

  it.each([
    ["at once", asked("\u0003", "")],
    ["in the middle", asked(`${LONG}\r`, "corr\u0003")],
  ])("Ctrl-C %s ends it with 130 and gives the terminal back", async (_, types) => {
    const { status, stdout } = await inTerminal(room, ["passwd"], { types, shell: afterwards }).ended;
    expect(status).toBe(130);
    expect(stdout).not.toMatch(/horse|✖|\$2a/);
    expect(stdout).toMatch(/<130>[\s\S]* icanon [\s\S]* echo /);
  });

  it("Ctrl-C works as ever once it is typed, while the hash is made", async () => {
    const types = [...asked("short\r", "short\r"), ["shorter than", "\u0003"]] as const;
    const { status, stdout } = await inTerminal(room, ["passwd", "--cost", "16"], { types }).ended;
    expect({ status, hash: stdout.includes("$2a$") }).toEqual({ status: 130, hash: false });
  });

  it("a SIGTERM ends it with 143, and gives the terminal back", async () => {
    const told = afterwards.replace('"$@"', () => `sh -c 'echo "pid $$"; exec "$@"' sh "$@"`);
    const program = inTerminal(room, ["passwd"], { shell: told });
    await program.says(/Password: /);
    process.kill(Number(/pid (\d+)/.exec(program.stdout)?.[1]), "SIGTERM");
    const { status, stdout } = await program.ended;
    expect(status).toBe(143);
    expect(stdout).toMatch(/<143>[\s\S]* icanon [\s\S]* echo /);
  });
});
