/** How reports are asked for: wrongly, in nats-sandbox.yaml, and of `up`. */
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import type { Report } from "../results.ts";
import { openRoom, type Room } from "../testing/cli-room.ts";
import { editedServer, NO_VERIFY } from "../testing/edited-server.ts";

const read = (room: Room, file: string) => readFileSync(join(room.work, file), "utf8");

test.concurrent.each([
  [
    ["--report", "junt"],
    /there is no report format "junt"\n {2}there is: html, json, .*\n→ did you mean junit\?/,
  ],
  [["--report", "html", "--report", "html"], /two reports go into one file: nats-sandbox-report\.html/],
  [["--report", "junit=a/../r", "--report", "json=r"], /two reports go into one file: r/],
  [["--report", "json=-"], /cannot go to standard output.*--json/s],
  [["--report", ""], /it is empty/],
])("%j is wrong use: 2, and nothing is started", async (args, said) => {
  await using room = await openRoom("reports-wrong");
  const { status, stdout, stderr } = await room.run(["check", "open", ...args]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(said);
  expect(stderr).not.toContain(": ready at");
  expect(room.left()).toEqual([]);
});

describe.concurrent("links to what is not there yet", () => {
  const prepare = (room: Room) => {
    mkdirSync(join(room.work, "real"));
    symlinkSync("real", join(room.work, "folder"));
    symlinkSync("folder/new/r", join(room.work, "file"));
    symlinkSync("round", join(room.work, "round"));
  };

  it.each([
    ["a folder", "json=real/r", "html=folder/r", "real/r"],
    ["a folder, and another to be made", "json=real/a/b", "html=folder/a/b", "real/a/b"],
    ["a file", "json=file", "html=real/new/r", "real/new/r"],
  ])("%s hide no twin", async (_, one, other, twin) => {
    await using room = await openRoom("reports-twins");
    prepare(room);
    const { status, stderr } = await room.run(["check", "open", "--report", one, "--report", other]);
    expect({ status, said: stderr.split("\n")[0] }).toEqual({
      status: 2,
      said: `✖ two reports go into one file: ${twin}`,
    });
  });

  it("are followed; one that goes round in a circle is said", async () => {
    await using room = await openRoom("reports-links");
    prepare(room);
    const args = ["--report", "json=file", "--report", "html=round"];
    const { status, stderr } = await room.run(["check", "open", ...args]);
    expect(status).toBe(3);
    expect(stderr).toContain("json report: real/new/r\n");
    expect((JSON.parse(read(room, "file")) as Report).schema).toBe(1);
    for (const link of ["file", "round"])
      expect(lstatSync(join(room.work, link)).isSymbolicLink()).toBe(true);
    expect(stderr).toContain("the html report cannot be written to round: it is no plain file");
  });
});

describe.concurrent("nats-sandbox.yaml", () => {
  it("says what check writes, from its own folder; a flag wins; up leaves it", async () => {
    await using room = await openRoom("reports-yaml");
    mkdirSync(join(room.work, "ci"));
    writeFileSync(join(room.work, "ci/my.yaml"), "modes: [open]\nreports: [json=r.json, markdown]\n");
    const config = ["--config", "ci/my.yaml"];
    await room.run(["check", ...config, "--report", "sarif=flag.sarif"]);
    expect(existsSync(join(room.work, "ci/r.json"))).toBe(false);
    expect(existsSync(join(room.work, "flag.sarif"))).toBe(true);
    const up = await room.start(["up", ...config]).says(/Ctrl-C stops everything/);
    expect((await up.end("SIGINT")).status).toBe(0);
    expect(existsSync(join(room.work, "ci/r.json"))).toBe(false);
    expect((await room.run(["check", ...config])).status).toBe(0);
    expect((JSON.parse(read(room, "ci/r.json")) as Report).configFile).toBe("ci/my.yaml");
    expect(existsSync(join(room.work, "ci/nats-sandbox-report.md"))).toBe(true);
  });

  it("is told where it is wrong", async () => {
    await using room = await openRoom("reports-yaml-wrong");
    writeFileSync(join(room.work, "nats-sandbox.yaml"), "reports:\n  - html\n  - junt=x\n");
    const { status, stderr } = await room.run(["check", "open"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /nats-sandbox\.yaml:3:5: reports\[1\] is no report that can be written.*did you mean junit\?/s,
    );
  });
});

describe.concurrent("up", () => {
  it("writes them as soon as it is up", async () => {
    await using room = await openRoom("reports-up");
    const up = await room.start(["up", "token", "--report", "html"]).says(/Ctrl-C stops everything/);
    await up.says(/html report: nats-sandbox-report\.html/);
    expect(read(room, "nats-sandbox-report.html")).toContain("are as promised");
    expect((await up.end("SIGINT")).status).toBe(0);
  });

  it("writes them with --detach, also when a failed check has stopped it all", async () => {
    await using room = await openRoom("reports-detach");
    const server = await editedServer(room, NO_VERIFY);
    const { status } = await room.run([
      "up",
      "tls-verify",
      "--detach",
      "--server",
      server,
      "--report",
      "json",
    ]);
    expect(status).toBe(1);
    const report = JSON.parse(read(room, "nats-sandbox-report.json")) as Report;
    expect(report.totals.fail).toBeGreaterThan(3);
    expect(report.modes[0]?.certificates[0]?.name).toBe("ca");
    expect(await room.remaining()).toEqual([]);
  });
});
