/** `check` from outside: the report as data, and what a server that breaks its promise, or does not start, comes to. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { MODES } from "../modes/all.gen.ts";
import type { Report } from "../results.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";

let version: string;
let realPath: string;
beforeAll(async () => {
  ({ path: realPath, version } = await realServer());
});

/** A nats-server whose config is edited by `sed` before it reads it. */
function sabotaged(room: Room, sed: string): string {
  return room.script(
    "sabotaged-server",
    `[ "$1" = -c ] && sed '${sed}' "$2" > "$2.new" && mv "$2.new" "$2"\nexec '${realPath}' "$@"`,
  );
}

/** Everything still there that is not a log: the folders that hold them, and secrets if something went wrong. */
function leftBesideLogs(room: Room): readonly string[] {
  const files = room.left().filter((file) => statSync(join(room.dir, file)).isFile());
  return files.filter(
    (file) => !file.endsWith("/server.log") && !/\/\.(gitignore|sandbox\.json)$/.test(file),
  );
}

const NO_VERIFY = "/sec:verify/d";

describe.concurrent("check --json", () => {
  it("prints one document, of schema 1, whose numbers agree", async () => {
    await using room = await openRoom("check");
    const { status, stdout } = await room.run(["check", "all", "--json"]);
    const report = JSON.parse(stdout) as Report;
    expect({ status, schema: report.schema, engine: report.engine }).toEqual({
      status: 0,
      schema: 1,
      engine: "process",
    });
    expect(report.tool).toMatch(/^nats-sandbox \d+\.\d+\.\d+/);
    expect(new Date(report.startedAt).toISOString()).toBe(report.startedAt);
    expect(Math.abs(Date.now() - Date.parse(report.startedAt))).toBeLessThan(120_000);
    const servers = MODES.map(({ name }) => ({ mode: name, id: "server", version }));
    expect(report.servers).toEqual(servers);

    const count = (verdict: string) => report.results.filter((one) => one.verdict === verdict).length;
    expect(report.totals).toEqual({
      pass: count("pass"),
      fail: 0,
      inconclusive: 0,
      deviates: count("deviates"),
      skip: report.skipped.length,
    });
    // Each check of the modes' data was either made, once, or skipped for a reason.
    const known = MODES.flatMap(({ name, checks }) => Object.keys(checks).map((id) => `${name}/${id}`));
    const told = [...report.results, ...report.skipped.filter((skip) => known.includes(skip.id ?? ""))];
    expect(told.map(({ id }) => id).sort()).toEqual(known.sort());
    for (const skip of report.skipped) expect(skip.reason).toMatch(/\w/);
    expect(room.left()).toEqual([]);
  });

  it("gives every result all fields of the schema", async () => {
    await using room = await openRoom("check-fields");
    const { stdout } = await room.run(["check", "tls-verify", "--json"]);
    for (const result of (JSON.parse(stdout) as Report).results) {
      expect(result).toEqual({
        mode: "tls-verify",
        check: expect.stringMatching(/\w/),
        id: expect.stringMatching(/^tls-verify\/[a-z0-9.-]+$/),
        as: "app",
        server: "server",
        driver: expect.stringMatching(/^(wire|nats\.js)$/),
        expect: expect.any(String),
        got: result.expect,
        decidedBy: expect.stringMatching(/^(server|client)$/),
        verdict: "pass",
        ms: expect.any(Number),
        evidence: { client: expect.stringMatching(/\w/), server: expect.any(Array) },
      });
      // A refusal that the server decides is believed for the server's own words alone.
      if (result.expect !== "ok" && result.decidedBy === "server")
        expect(result.evidence.server.join("\n"), result.id).toMatch(/\w/);
    }
  });
});

describe.concurrent("a server that breaks its promise", () => {
  it("fails check: 1, with the check, both sides, the reason, and where the logs are", async () => {
    await using room = await openRoom("sabotage");
    const args = ["check", "tls-verify", "open", "--server", sabotaged(room, NO_VERIFY)];
    const { status, stdout, stderr } = await room.run(args);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ {2}✖ tls-verify +\S+ +\d+\/\d+ +\d+ not as promised$/m);
    expect(stdout).toMatch(/^ {2}✔ open /m);
    expect(stdout).toMatch(
      /^✖ tls-verify\/no-certificate {2}no certificate\n {4}expected {2}client-cert-missing\n {4}got {7}ok\n {4}client {4}\S.*\n( {4}server {4}\S.*\n)+ {4}why {7}\S.*$/m,
    );
    expect(stdout).toMatch(/^2 modes, \d+ of \d+ checks passed/m);
    const [, dir = ""] = /logs are kept in (.*)$/m.exec(stderr) ?? [];
    expect(readFileSync(join(dir, "tls-verify/server/server.log"), "utf8")).toContain("Server is ready");
    expect(leftBesideLogs(room)).toEqual([]);
    expect(await room.remaining()).toEqual([]);
  });

  it("fails check --json: 1, and still one document", async () => {
    await using room = await openRoom("sabotage-json");
    const args = ["check", "tls-verify", "--json", "--server", sabotaged(room, NO_VERIFY)];
    const { status, stdout } = await room.run(args);
    const { results, totals } = JSON.parse(stdout) as Report;
    const failed = results.filter(({ verdict }) => verdict === "fail");
    expect({ status, fail: totals.fail }).toEqual({ status: 1, fail: failed.length });
    expect(failed.map(({ id, got }) => `${id} ${got}`)).toContain("tls-verify/no-certificate ok");
    for (const { reason } of failed) expect(reason).toMatch(/\w/);
  });

  it("is shown by up, which stays up, and ends with 1", async () => {
    await using room = await openRoom("sabotage-up");
    const args = ["up", "tls-verify", "--server", sabotaged(room, NO_VERIFY)];
    const up = await room.start(args).says(/Ctrl-C stops everything/);
    expect(up.stdout).toMatch(/✖ tls-verify\/no-certificate/);
    expect(room.servers()).toHaveLength(1);
    const { status, stderr } = await up.end("SIGINT");
    expect(status).toBe(1);
    expect(stderr).toMatch(/logs are kept in .*\.nats-sandbox\/default$/m);
    expect(leftBesideLogs(room)).toEqual([]);
  });
});

/** Its only control deviates, as a server of that age may, so that the refusal beside it proves nothing. */
const UNPROVEN = `
own:
  shop:
    secrets: { app: { kind: password, user: app } }
    servers: { server: { users: [{ login: app }] } }
    clients:
      app: { login: { user: $app.user, password: $app.password } }
      none: {}
    checks:
      in: { as: none, expect: ok, deviates: { without: allow-responses, got: login, because: it is old } }
      out: { as: none, control: in, expect: login }
`;

describe.concurrent("a check that proves nothing", () => {
  it("fails a run in which nothing else is wrong: 1, and why", async () => {
    await using room = await openRoom("inconclusive");
    writeFileSync(join(room.work, "nats-sandbox.yaml"), UNPROVEN);
    const old = room.script(
      "old-server",
      `[ "$1" = --version ] && echo 'nats-server: v2.0.3' || exec '${realPath}' "$@"`,
    );
    const { status, stdout } = await room.run(["check", "shop", "--json", "--server", old]);
    const { totals, results } = JSON.parse(stdout) as Report;
    expect(totals).toEqual({ pass: 0, fail: 0, inconclusive: 1, deviates: 1, skip: 0 });
    expect(results.find(({ id }) => id === "shop/out")?.reason).toMatch(/^its control "in" did not get in$/);
    expect(status).toBe(1);
  });
});

describe.concurrent("a server that does not start", () => {
  const BROKEN = 's/^port:.*/port: "none", token: "$ecret"/';

  it("is an error of the machine, 3, in its own words, and its log is kept and named", async () => {
    await using room = await openRoom("no-start");
    const { status, stdout, stderr } = await room.run(["check", "open", "--server", sabotaged(room, BROKEN)]);
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toMatch(/^✖ the server of open\/server did not start\n {2}nats-server \S+ said: \S/m);
    expect(stderr).toMatch(/^→ \S/m);
    const kept = room.left().filter((file) => file.endsWith("server.log"));
    expect(kept).toHaveLength(1);
    const [, dir = "nowhere"] = /logs are kept in (.*)$/m.exec(stderr) ?? [];
    expect(join(dir, "open/server/server.log")).toBe(join(room.dir, kept[0] ?? ""));
    expect(leftBesideLogs(room)).toEqual([]);
  });

  it("is told beside those that do, and is 1", async () => {
    await using room = await openRoom("no-start-one");
    // Only the modes with TLS have this line.
    const server = sabotaged(room, "s/^tls {.*/tls { no_such_key: 1/");
    const { status, stdout, stderr } = await room.run(["check", "tls", "open", "--server", server]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^✖ tls did not start: .*no_such_key/m);
    expect(stdout).toMatch(/^ {2}✔ open /m);
    expect(stderr).toContain("logs are kept in");
  });
});

describe.concurrent("--require", () => {
  it.each([[[]], [["--quiet"]], [["--json"]]])(
    "natscli, which is not on PATH: 1, and why %j",
    async (more) => {
      await using room = await openRoom("require");
      const { status, stderr } = await room.run(["check", "user-pass", "--require", "natscli", ...more]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/natscli is required/);
    },
  );

  it("a tool that nothing here knows is wrong use: 2", async () => {
    await using room = await openRoom("require-unknown");
    const { status, stderr } = await room.run(["check", "open", "--require", "natcli"]);
    expect(status).toBe(2);
    expect(stderr).toContain("natscli");
  });

  it("nothing, while natscli is not on PATH: 0, and the skip is told", async () => {
    await using room = await openRoom("require-none");
    const { status, stdout } = await room.run(["check", "user-pass"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^- skipped: .*\(needs the nats CLI on PATH\)$/m);
  });
});
