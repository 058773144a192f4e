import { Agent } from "node:http";
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { Client } from "./client.ts";

const { cache } = createRequire(import.meta.url);

/** Names of the packages that anything was loaded from. */
function loaded(): readonly string[] {
  return Object.keys(cache).flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
}

it("loads neither BuildKit's sessions nor an ssh of its own, until somebody uses them", async () => {
  expect(loaded()).toContain("dockerode");
  for (const name of ["@grpc/grpc-js", "protobufjs", "ssh2"]) expect(loaded()).not.toContain(name);

  const nowhere = new Client({ socketPath: "/nowhere/docker.sock" });
  const building = nowhere.buildImage(Readable.from([]), { version: "2" });
  await expect(building).rejects.toMatchObject({ code: "ENOENT", syscall: "connect" });
  expect(loaded()).toContain("@grpc/grpc-js");

  const ssh = Object.values(cache).find((one) => one?.id.endsWith("docker-modem/lib/ssh.js"));
  expect(ssh?.exports({ host: "nowhere.invalid" })).toBeInstanceOf(Agent);
  expect(loaded()).toContain("ssh2");
});
