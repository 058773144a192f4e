import { expect, it } from "vitest";
import { archiveStem } from "./release.ts";

it.each([
  ["linux", "x64", "linux-amd64"],
  ["linux", "arm64", "linux-arm64"],
  ["linux", "arm", "linux-arm7"],
  ["darwin", "arm64", "darwin-arm64"],
  ["win32", "x64", "windows-amd64"],
])("names the archive for %s on %s as the releases do", (platform, arch, name) => {
  expect(archiveStem("2.15.1", platform, arch)).toBe(`nats-server-v2.15.1-${name}`);
});

it("says that there is none for a platform", () => {
  expect(() => archiveStem("2.15.1", "aix", "ppc64")).toThrow("there are none for aix on ppc64");
});
