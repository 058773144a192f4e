import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pathInRepository } from "./repository.ts";

let dir: string;
beforeAll(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), "nats-sandbox-repository-")));
  for (const folder of ["repo/.git", "repo/mono/pkg", "repo/module", "no/git/here"])
    mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, "repo/module/.git"), "gitdir: ../.git/modules/module\n");
  symlinkSync("repo", join(dir, "link"));
});
afterAll(() => rmSync(dir, { recursive: true }));

test.each([
  ["repo/my.yaml", "repo", undefined, "my.yaml"],
  ["repo/mono/pkg/my.yaml", "repo/mono/pkg", undefined, "mono/pkg/my.yaml"],
  ["repo/my.yaml", "repo/mono/pkg", undefined, "my.yaml"],
  ["repo/my.yaml", "no/git", undefined, "my.yaml"],
  ["link/mono/my.yaml", "repo", undefined, "mono/my.yaml"],
  ["repo/mono/my.yaml", "repo/mono", "link", "mono/my.yaml"],
  ["repo/..my.yaml", "repo", undefined, "..my.yaml"],
  // A checkout into a folder of the workspace, one without git, and a repository with another in it.
  ["repo/mono/my.yaml", "repo", "", "mono/my.yaml"],
  ["no/git/here/my.yaml", "no/git/here", "no", "git/here/my.yaml"],
  ["repo/module/my.yaml", "repo/module", "repo", "module/my.yaml"],
  ["repo/module/my.yaml", "repo/module", undefined, "my.yaml"],
  // Without any.
  ["no/git/here/my.yaml", "no/git", undefined, "here/my.yaml"],
  ["no/git/here/my.yaml", "no/git", "gone", "here/my.yaml"],
  ["no/my.yaml", "no/git", undefined, undefined],
])("%s, seen from %s in the workspace %s, is %s", (file, cwd, workspace, expected) => {
  const env = workspace === undefined ? {} : { GITHUB_WORKSPACE: join(dir, workspace) };
  expect(pathInRepository(join(dir, file), join(dir, cwd), env)).toBe(expected);
});
