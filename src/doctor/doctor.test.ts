/** What no room can be furnished with: mount tables, full disks, an old Node. */
import { describe, expect, it, test } from "vitest";
import { isNoexec, word } from "./folders.ts";
import { examineMachine } from "./machine.ts";
import { diskItem } from "./state-directory.ts";

describe("a mount that lets no program run", () => {
  const MOUNTS = `/dev/sda / ext4 rw,relatime 0 0
tmpfs /tmp tmpfs rw,nosuid,noexec,relatime 0 0
tmpfs /tmp/fine tmpfs rw,exec 0 0
nfs:/x /mnt/with\\040space nfs ro,noexec 0 0
/dev/sdb /tmpfoo ext4 rw 0 0
`;

  test.each([
    ["/tmp", true],
    ["/tmp/", true],
    ["/tmp/a/b", true],
    ["/tmp/fine/b", false],
    ["/tmpfoo/a", false],
    ["/home/x", false],
    ["/mnt/with space/a", true],
    ["/", false],
  ])("at %s: %s", (path, noexec) => {
    expect(isNoexec(path, MOUNTS)).toBe(noexec);
  });

  it("is none where there is no such table", () => {
    expect(isNoexec("/tmp", "")).toBe(false);
  });

  it("is the last one mounted there", () => {
    expect(isNoexec("/tmp", `${MOUNTS}tmpfs /tmp tmpfs rw 0 0\n`)).toBe(false);
  });
});

describe("disk space", () => {
  const MIB = 1024 * 1024;

  it.each([
    [0, "problem", "only 0.0 MiB"],
    [9 * MIB, "problem", "only 9.0 MiB"],
    [11 * MIB, "warning", "only 11.0 MiB"],
    [600 * MIB, "ok", "600.0 MiB"],
    [1536 * MIB, "ok", "1.5 GiB"],
  ])("of %d bytes is a matter of %s", (free, state, says) => {
    expect(diskItem(free)).toMatchObject({ id: "disk", state, text: expect.stringContaining(says) });
  });
});

test.each([
  ["18.20.0", "problem"],
  ["20.11.1", "problem"],
  ["20.12.0", "ok"],
  ["24.1.0", "ok"],
])("Node %s is a matter of %s", async (node, state) => {
  const [program] = await examineMachine("1.2.3", node);
  expect(program).toMatchObject({ id: "program", state, text: expect.stringContaining("1.2.3") });
  expect(program?.fix).toBe(state === "ok" ? undefined : "install Node 20.12 or later");
});

test.each([
  ["/a/b-c.d", "/a/b-c.d"],
  ["/a b", "'/a b'"],
  ["/it's", "'/it'\\''s'"],
])("a shell takes %s as %s", (path, quoted) => {
  expect(word(path)).toBe(quoted);
});
