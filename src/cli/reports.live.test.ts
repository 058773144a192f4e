/** `--report` from outside: the files that come out of good, bad and impossible runs, and what becomes of the run. */
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Report } from "../results.ts";
import { eventually } from "../testing/cli-program.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { DOES_NOT_START, editedServer, NO_VERIFY } from "../testing/edited-server.ts";
import { watchSecrets } from "../testing/secret-watch.ts";

const read = (room: Room, file: string) => readFileSync(join(room.work, file), "utf8");
const ALL = ["html", "json", "junit=out/deep/junit.xml", "markdown", "sarif"].flatMap((one) => [
  "--report",
  one,
]);
const FILES = [
  "nats-sandbox-report.html",
  "nats-sandbox-report.json",
  "nats-sandbox-report.md",
  "nats-sandbox-report.sarif",
  "out/deep/junit.xml",
];

describe.concurrent("several at once", () => {
  it("are all written, told of on stderr, and nothing else is left", async () => {
    await using room = await openRoom("reports");
    const { status, stdout, stderr } = await room.run(["check", "token", "tls", "--json", ...ALL]);
    expect(status).toBe(0);
    expect(JSON.parse(read(room, "nats-sandbox-report.json"))).toEqual(JSON.parse(stdout));
    expect(read(room, "nats-sandbox-report.html")).toMatch(
      /^<!doctype html>.*All \d+ checks are as promised/s,
    );
    expect(read(room, "out/deep/junit.xml")).toMatch(
      /<testsuites name="nats-sandbox" tests="\d+" failures="0" errors="0"/,
    );
    expect(read(room, "nats-sandbox-report.md")).toMatch(/^## ✅/);
    expect(JSON.parse(read(room, "nats-sandbox-report.sarif")).runs[0].results).toEqual([]);
    for (const file of FILES) expect(stderr).toContain(` report: ${file}\n`);
    const left = room.left().filter((file) => statSync(join(room.dir, file)).isFile());
    expect(left).toEqual(FILES.map((file) => `work/${file}`));
    expect(statSync(join(room.work, "nats-sandbox-report.html")).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  it("hold no secret of the sandbox, in any format", async () => {
    await using room = await openRoom("reports-secrets");
    const watch = watchSecrets(room);
    const server = await watch.recordingServer();
    const { status } = await watch.run(["check", "all", "--verbose", "--server", server, ...ALL]);
    expect([0, 1]).toContain(status); // a machine that is short of time may fail a check: its words must hold none either
    const secrets = [...watch.secrets()];
    expect(secrets.length).toBeGreaterThan(20);
    for (const file of FILES) {
      const text = read(room, file);
      expect(text.length).toBeGreaterThan(500);
      expect(
        secrets.filter((secret) => text.includes(secret)),
        file,
      ).toEqual([]);
    }
    expect(read(room, "nats-sandbox-report.html")).toContain("[secret]");
  }, 60_000);
});

describe.concurrent("a server that breaks its promise", () => {
  it("is in every format, and on GitHub", async () => {
    await using room = await openRoom("reports-bad");
    const summary = join(room.work, "summary.md");
    writeFileSync(summary, "# before\n");
    const server = await editedServer(room, NO_VERIFY);
    const { status, stdout, stderr } = await room.run(
      ["check", "tls-verify", "--json", "--server", server, ...ALL],
      {
        env: { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary },
      },
    );
    expect(status).toBe(1);
    const { totals } = JSON.parse(stdout) as Report; // one document, commands of the workflow are elsewhere
    expect(read(room, "nats-sandbox-report.html")).toMatch(
      /no certificate<\/h3>\s*<p class="breach">It got in/,
    );
    expect(read(room, "out/deep/junit.xml")).toMatch(
      new RegExp(`<testsuite name="tls-verify" tests="\\d+" failures="${totals.fail}" errors="0"`),
    );
    expect(JSON.parse(read(room, "nats-sandbox-report.sarif")).runs[0].results).toHaveLength(totals.fail);
    expect(stderr).toMatch(
      /^::error title=tls-verify\/no-certificate%3A no certificate::The server must .* It got in/m,
    );
    expect(read(room, "summary.md")).toBe(`# before\n${read(room, "nats-sandbox-report.md")}`);
  });

  it("is not shown to GitHub elsewhere, and a summary that cannot be written changes nothing", async () => {
    await using room = await openRoom("reports-github");
    const server = await editedServer(room, NO_VERIFY);
    const args = ["check", "tls-verify", "--server", server];
    const plain = await room.run(args, { env: { GITHUB_STEP_SUMMARY: join(room.work, "summary.md") } });
    expect(plain.stderr).not.toContain("::error");
    expect(existsSync(join(room.work, "summary.md"))).toBe(false);
    const { status, stderr } = await room.run(args, {
      env: { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: room.work },
    });
    expect(status).toBe(1);
    expect(stderr).toContain("the summary of this job cannot be written");
  });
});

describe.concurrent("a server that does not start", () => {
  it("is an error in the reports, though there is nothing else in them", async () => {
    await using room = await openRoom("reports-none");
    const server = await editedServer(room, DOES_NOT_START);
    const { status, stderr } = await room.run(["check", "open", "tls", "--server", server, ...ALL]);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^✖ the server of (open|tls)\/server did not start$/m);
    const { notStarted, results } = JSON.parse(read(room, "nats-sandbox-report.json")) as Report;
    expect(results).toEqual([]);
    expect(notStarted.map(({ mode }) => mode)).toEqual(["open", "tls"]);
    for (const { error } of notStarted) expect(error).toMatch(/nats-server \S+ said: \S/);
    expect(
      read(room, "out/deep/junit.xml").match(/<testcase [^>]*name="the server starts"[^>]*>\s*<error/g),
    ).toHaveLength(2);
    expect(read(room, "nats-sandbox-report.html")).toContain("open did not start");
    expect(read(room, "nats-sandbox-report.md")).toContain("2 modes did not start");
  });

  it("is told beside those that do", async () => {
    await using room = await openRoom("reports-one");
    const server = await editedServer(room, "s/^tls {.*/tls { no_such_key: 1/");
    const { status } = await room.run(["check", "open", "tls", "--server", server, "--report", "json"]);
    expect(status).toBe(1);
    const { notStarted, totals } = JSON.parse(read(room, "nats-sandbox-report.json")) as Report;
    expect(notStarted).toEqual([{ mode: "tls", error: expect.stringContaining("no_such_key") }]);
    expect(totals.pass).toBeGreaterThan(3);
  });

  it("is placed in the repository, wherever its settings are and the run is", async () => {
    await using room = await openRoom("reports-place");
    const server = await editedServer(room, DOES_NOT_START);
    const cwd = join(room.work, "mono/pkg");
    for (const folder of [cwd, join(room.work, ".git")]) mkdirSync(folder, { recursive: true });
    const placeOf = async (...more: string[]) => {
      await room.run(["check", "open", "--server", server, "--report", "sarif=r.sarif", ...more], { cwd });
      const [{ locations }] = JSON.parse(read(room, "mono/pkg/r.sarif")).runs[0].results;
      return locations[0].physicalLocation.artifactLocation.uri;
    };
    expect(await placeOf()).toBe("mono/pkg/nats-sandbox.yaml");
    for (const folder of ["work", "work/mono/pkg"])
      writeFileSync(join(room.dir, folder, "nats-sandbox.yaml"), "modes: [open]\n");
    expect(await placeOf()).toBe("mono/pkg/nats-sandbox.yaml");
    expect(await placeOf("--config", "../../nats-sandbox.yaml")).toBe("nats-sandbox.yaml");
    writeFileSync(join(room.dir, "outside.yaml"), "modes: [open]\n");
    expect(await placeOf("--config", "../../../outside.yaml")).toBe("nats-sandbox.yaml");
  });

  it("which cannot be found is told of every mode", async () => {
    await using room = await openRoom("reports-nowhere");
    const { status } = await room.run(["check", "open", "--server", "/bin/true", "--report", "json=r.json"]);
    expect(status).toBe(3);
    const { notStarted, engine } = JSON.parse(read(room, "r.json")) as Report;
    expect({ engine, mode: notStarted[0]?.mode }).toEqual({ engine: "auto", mode: "open" });
  });
});

describe.concurrent("a report that cannot be written", () => {
  const files = ["html=file/r.html", "junit=folder", "sarif=/dev/null", "markdown"].flatMap((one) => [
    "--report",
    one,
  ]);
  const prepare = (room: Room) => {
    writeFileSync(join(room.work, "file"), "mine");
    mkdirSync(join(room.work, "folder"));
  };

  it("is told before the servers start and at the end; the others are written, and the status is 3", async () => {
    await using room = await openRoom("reports-unwritable");
    prepare(room);
    const { status, stdout, stderr } = await room.run(["check", "open", ...files]);
    expect(status).toBe(3);
    expect(stdout).toMatch(/^1 mode, \d+ checks passed/m);
    const early = stderr.indexOf("the html report cannot be written to file/r.html: file is no folder");
    expect(early).toBe(0);
    expect(early).toBeLessThan(stderr.indexOf("open: ready"));
    expect(stderr).toMatch(
      /^✖ the html report cannot be written to file\/r\.html: file is no folder\n→ .*--report html=FILE$/m,
    );
    expect(stderr).toMatch(/^✖ the junit report cannot be written to folder: it is a folder$/m);
    expect(stderr).toMatch(/^✖ the sarif report cannot be written to \/dev\/null: it is no plain file$/m);
    expect(read(room, "nats-sandbox-report.md")).toMatch(/^## ✅/);
    expect(read(room, "file")).toBe("mine");
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  it("leaves a failed run its own status", async () => {
    await using room = await openRoom("reports-unwritable-bad");
    prepare(room);
    const server = await editedServer(room, NO_VERIFY);
    expect((await room.run(["check", "tls-verify", "--server", server, ...files])).status).toBe(1);
  });
});

describe.concurrent("a signal", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "%s while it starts is no outcome: nothing is written",
    async (signal) => {
      await using room = await openRoom("reports-signal");
      const slow = room.script(
        "slow",
        `[ "$1" = -c ] && : > begun && sleep 30\nexec '${(await realServer()).path}' "$@"`,
      );
      const check = room.start(["check", "open", "--server", slow, ...ALL]);
      await eventually(() => room.files().some((file) => file.endsWith("/begun")), "the server to begin");
      expect((await check.end(signal)).status).toBe(signal === "SIGINT" ? 130 : 143);
      expect(FILES.filter((file) => existsSync(join(room.work, file)))).toEqual([]);
      expect(await room.remaining()).toEqual([]);
    },
  );
});

describe.concurrent("a file that is there", () => {
  it("is replaced, also where a link leads to it", async () => {
    await using room = await openRoom("reports-again");
    writeFileSync(join(room.work, "real.json"), "old");
    symlinkSync("real.json", join(room.work, "link.json"));
    const { status } = await room.run(["check", "open", "--report", "json=link.json"]);
    expect(status).toBe(0);
    expect(JSON.parse(read(room, "real.json")).schema).toBe(1);
    const twins = await room.run([
      "check",
      "open",
      "--report",
      "json=link.json",
      "--report",
      "html=./real.json",
    ]);
    expect(twins.status).toBe(2);
    expect(twins.stderr).toContain("two reports go into one file: real.json");
  });
});
