/** The control socket below paths of every length, private, and without a lasting change of the working directory. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { modeOf } from "../testing/state-home.ts";
import { connectTo, listenAt } from "./socket.ts";

const socketPath = (dir: string) => join(dir, "control.sock");

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "nats-sandbox-socket-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A folder whose socket has a path of so many bytes. */
function folder(bytes: number, letter = "x"): string {
  const missing = bytes - Buffer.byteLength(socketPath(`${root}/`)) - 1;
  const parts = Array.from(
    { length: Math.floor(missing / 100) },
    () => `${letter.repeat(99 / Buffer.byteLength(letter))}/`,
  );
  const dir = join(root, ...parts, "x".repeat(missing % 100 || 1));
  mkdirSync(dir, { recursive: true });
  return dir;
}

it.each([
  [90, "x"],
  [99, "x"],
  [100, "x"],
  [101, "x"],
  [108, "x"],
  [109, "x"],
  [400, "x"],
  [400, "ü"],
])("works below a path of %i bytes of %s", async (bytes, letter) => {
  const dir = folder(bytes, letter);
  const cwd = process.cwd();
  const server = createServer((socket) => socket.end("here"));
  await listenAt(server, dir);
  try {
    expect(modeOf(socketPath(dir))).toBe("600");
    const socket = connectTo(dir);
    const said = await new Promise((resolve, reject) => socket.once("data", resolve).once("error", reject));
    expect(String(said)).toBe("here");
    expect(process.cwd()).toBe(cwd);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

it("says that nobody is there, and stays where it is, whatever the length", async () => {
  const cwd = process.cwd();
  for (const bytes of [90, 200]) {
    const socket = connectTo(folder(bytes));
    const error = await new Promise((resolve) => socket.once("error", resolve));
    expect(error).toMatchObject({ code: "ENOENT" });
    expect(process.cwd()).toBe(cwd);
  }
});
