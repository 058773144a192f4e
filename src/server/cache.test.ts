import { mkdir, mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeTemporary, sweep } from "./cache.ts";

let servers: string;

beforeEach(async () => {
  servers = await mkdtemp(join(tmpdir(), "cache-"));
});
afterEach(() => rm(servers, { recursive: true }));

it("sweeps away leftovers of the version and old ones, and neither servers nor the work of others", async () => {
  await mkdir(join(servers, "2.12.0"));
  await makeTemporary(servers, "2.12.0");
  const old = await makeTemporary(servers, "2.11.0");
  await utimes(old, new Date(), new Date(Date.now() - 2000));
  const others = [await makeTemporary(servers, "2.11.0"), await makeTemporary(servers, "2.12.0-RC.1")];

  await sweep(servers, "2.12.0", 1000);
  expect(await readdir(servers)).toEqual(["2.12.0", ...others.map((path) => basename(path))].sort());
});
