/** docs/ci.md: the lines for a shell are run as they stand, and the workflows ask the action for what it has. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { MAIN, openRoom } from "./testing/cli-room.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGE = readFileSync(join(ROOT, "docs/ci.md"), "utf8");

function blocks(language: string): readonly string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, text = ""]) => text,
  );
}

it.each([
  ["", 0],
  ["exit 7\n", 7],
  ["kill -TERM $$\n", 143],
])("the lines for a shell bring servers up, and nothing is left (then: %j)", async (more, expected) => {
  await using room = await openRoom("ci");
  const [lines = ""] = blocks("sh");
  const command = `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`;
  writeFileSync(join(room.dir, "bin/nats-sandbox"), command, { mode: 0o700 });
  const script = room.script("ci", lines + more);
  const { status, stdout } = spawnSync("/bin/sh", [script], {
    cwd: room.work,
    env: room.env,
    encoding: "utf8",
  });
  expect(status).toBe(expected);
  expect(stdout).toMatch(
    /^the tests run against tls:\/\/localhost:\d+, with .*tls-verify\/clients\/app\/cert\.pem$/m,
  );
  expect(await room.remaining()).toEqual([]);
  expect(room.left().filter((file) => file !== "bin/nats-sandbox")).toEqual([]);
});

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

it("the workflows give the action inputs, and read outputs, that it has", () => {
  const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8"));
  const files = execFileSync("git", ["ls-files", ".github/workflows"], { cwd: ROOT, encoding: "utf8" });
  const workflows = [
    ...blocks("yaml"),
    ...files
      .trim()
      .split("\n")
      .map((file) => readFileSync(join(ROOT, file), "utf8")),
  ];
  const steps = workflows.flatMap((text) =>
    Object.values(parse(text).jobs ?? {}).flatMap((job) => (job as { steps: readonly Step[] }).steps),
  );
  const ours = steps.filter(({ uses = "" }) => uses === "./" || uses.includes("nats-sandbox/nats-sandbox@"));
  expect(ours).toHaveLength(3);
  for (const step of ours)
    for (const name of Object.keys(step.with ?? {})) expect(Object.keys(action.inputs)).toContain(name);
  const outputs = [...workflows.join("").matchAll(/steps\.nats\.outputs\.([\w-]+)/g)].map(([, name]) => name);
  expect(outputs.length).toBeGreaterThan(0);
  for (const name of outputs) expect(Object.keys(action.outputs)).toContain(name);
});
