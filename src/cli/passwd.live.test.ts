/** The hash that `passwd` prints, in the config of a real server: its password gets in, one changed character does not. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRoom, type Room } from "../testing/cli-room.ts";
import { loginOutcome, type RenderedServer, startRendered } from "../testing/rendered-server.ts";

let room: Room;
let dir: string;
beforeAll(async () => {
  room = await openRoom("passwd-live");
  dir = await mkdtemp(join(tmpdir(), "passwd-live-"));
});
afterAll(async () => {
  await room[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const PASSWORD = `p@ss "w\\ö r#d $x {{ }} 42`;

async function startWith(hash: string): Promise<RenderedServer> {
  return startRendered(dir, "user.conf", { params: { user: "app", password: hash } });
}

it("in user.conf", async () => {
  const { stdout } = await room.run(["passwd"], { input: PASSWORD });
  const hash = stdout.trim();
  await using server = await startWith(hash);
  expect(await loginOutcome(server, { user: "app", password: PASSWORD })).toBe("in");
  for (const wrong of [`${PASSWORD} `, PASSWORD.replace("w", "W"), PASSWORD.slice(1), "", hash])
    expect(await loginOutcome(server, { user: "app", password: wrong })).toMatch(
      /^Authorization Violation$/i,
    );
});

it("in token.conf, of a random one", async () => {
  const { stdout } = await room.run(["passwd", "--random", "--json", "--cost", "6"]);
  const { hash, password } = JSON.parse(stdout);
  await using server = await startRendered(dir, "token.conf", { params: { token: hash } });
  expect(await loginOutcome(server, { token: password })).toBe("in");
  expect(await loginOutcome(server, { token: password.toLowerCase() })).toMatch(/^Authorization Violation$/i);
});
