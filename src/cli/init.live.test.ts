/** `init`: what it writes works as it stands, proves what it says, and never takes the place of a user's file unasked. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";

const FILE = "nats-sandbox.yaml";

beforeAll(() => realServer());

function read(room: Room, file = FILE): string {
  return readFileSync(join(room.work, file), "utf8");
}

interface Told {
  readonly id: string;
  readonly verdict: string;
}

async function check(room: Room): Promise<{ readonly status: number; readonly results: readonly Told[] }> {
  const { status, stdout, stderr } = await room.run(["check", "--json"]);
  if (status > 1) throw new Error(stderr);
  return { status, results: JSON.parse(stdout).results };
}

function bad({ results }: { readonly results: readonly Told[] }): readonly string[] {
  return results.filter(({ verdict }) => verdict !== "pass").map(({ id }) => id);
}

describe.concurrent("the file that init writes", () => {
  it("brings up its own modes, and every check of theirs passes", async () => {
    await using room = await openRoom("init");
    const { status, stdout, stderr } = await room.run(["init"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toContain("nats-sandbox check");
    const checked = await check(room);
    expect({ status: checked.status, bad: bad(checked) }).toEqual({ status: 0, bad: [] });
    expect(new Set(checked.results.map(({ id }) => id.split("/")[0]))).toEqual(
      new Set(["orders", "orders-tls"]),
    );
    expect(checked.results.length).toBeGreaterThan(15);
    expect(room.left()).toEqual([`work/${FILE}`]);
  });

  it.each<[string, string, string, readonly string[]]>([
    [
      "publish",
      'publish: { allow: ["orders.new", "orders.cancel"] }\n              subscribe: { allow: ["orders.state.>", "_INBOX_shop.>"] }',
      'publish: { allow: [">"] }\n              subscribe: { allow: ["orders.state.>", "_INBOX_shop.>"] }',
      ["orders/set-state"],
    ],
    ["subscribe", '"_INBOX_shop.>"]', '"_INBOX_shop.>", "orders.*"]', ["orders/hear-orders"]],
    ["deny", ', deny: ["orders.state.secret.>"]', "", ["orders/secret-state"]],
  ])("fails a check with a wider %s", async (_, from, to, expected) => {
    await using room = await openRoom("init");
    await room.run(["init"]);
    const before = read(room);
    expect(before.split(from)).toHaveLength(2);
    writeFileSync(join(room.work, FILE), before.replace(from, to));
    const checked = await check(room);
    expect({ status: checked.status, bad: bad(checked) }).toEqual({ status: 1, bad: expected });
  });

  it("fails the default checks when the server of TLS takes everyone", async () => {
    await using room = await openRoom("init");
    await room.run(["init"]);
    const [before = "", tls = ""] = read(room).split("  orders-tls:");
    const open = tls.replace(/ {8}users:\n[\s\S]*?(?= {4}clients:)/, "");
    expect(open).not.toContain("users:");
    writeFileSync(join(room.work, FILE), `${before}  orders-tls:${open}`);
    expect([...bad(await check(room))].sort()).toEqual(
      ["app-nothing", "app-wrong", "warehouse-nothing", "warehouse-wrong"].map((id) => `orders-tls/${id}`),
    );
  });

  it("names a schema that is there once the package is installed, from wherever the file is", async () => {
    await using room = await openRoom("init");
    mkdirSync(join(room.work, "deploy/dev"), { recursive: true });
    for (const file of [FILE, "deploy/dev/test.yaml", "../beside.yaml"]) {
      expect(await room.run(["init", file])).toMatchObject({ status: 0 });
      const [, schema = ""] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(read(room, file)) ?? [];
      expect(schema).toMatch(/^\.\.?\//);
      expect(resolve(room.work, dirname(file), schema)).toBe(
        join(room.work, "node_modules/nats-sandbox/schema/nats-sandbox.schema.json"),
      );
      expect((await room.run(["modes", "--config", file])).stdout).toContain("orders-tls");
    }
  });
});

describe.concurrent("init", () => {
  it("leaves a file that is there alone, unless it is told to replace it", async () => {
    await using room = await openRoom("init");
    writeFileSync(join(room.work, FILE), "precious");
    const refused = await room.run(["init"]);
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^✖ "nats-sandbox\.yaml" is there already[\s\S]*→ .*--force/);
    expect(read(room)).toBe("precious");
    expect(await room.run(["init", "--force"])).toMatchObject({ status: 0 });
    expect(read(room)).toContain("own:");
  });

  it("says in JSON what it wrote", async () => {
    await using room = await openRoom("init");
    const run = async () => JSON.parse((await room.run(["init", "a.yaml", "--force", "--json"])).stdout);
    expect(await run()).toEqual({ schema: 1, file: join(room.work, "a.yaml"), replaced: false });
    expect(await run()).toEqual({ schema: 1, file: join(room.work, "a.yaml"), replaced: true });
  });

  it.each<[string, (room: Room) => void, string, string]>([
    ["a folder", ({ work }) => mkdirSync(join(work, "x")), "x", "no plain file"],
    ["a link", ({ work }) => symlinkSync("elsewhere", join(work, "x")), "x", "no plain file"],
    ["a folder that is missing", () => {}, "x/y.yaml", "no folder x"],
    ["a file as a folder", ({ work }) => writeFileSync(join(work, "x"), ""), "x/y.yaml", "cannot be written"],
  ])("does not write to %s, with --force neither", async (_, make, file, says) => {
    await using room = await openRoom("init");
    make(room);
    const before = room.left();
    const { status, stdout, stderr } = await room.run(["init", file, "--force"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(says);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^→ \S/);
    expect(room.left()).toEqual(before);
  });
});
