import { expect, it } from "vitest";
import { can, compareVersions, firstVersion } from "./capabilities.ts";

it("orders versions by number, and a pre-release before its release", () => {
  const shuffled = ["2.10.0", "2.9.10", "2.12.0-RC.10", "1.4.1", "2.12.0", "2.12.0-RC.2", "2.2.0"];
  expect(shuffled.toSorted(compareVersions)).toEqual([
    "1.4.1",
    "2.2.0",
    "2.9.10",
    "2.10.0",
    "2.12.0-RC.2",
    "2.12.0-RC.10",
    "2.12.0",
  ]);
  expect(compareVersions("2.15.1", "2.15.1")).toBe(0);
});

it.each([
  ["allow-responses", "2.0.2", "2.0.4"],
  ["queue-permissions", "2.1.0", "2.1.2"],
  ["headers", "2.1.9", "2.2.0"],
  ["deny-filters-wildcards", "1.4.1", "2.0.0"],
  ["config-test", "1.4.1", "2.0.0"],
] as const)("%s: not on %s, on %s", (capability, before, first) => {
  expect(can(before, capability)).toBe(false);
  expect(can(first, capability)).toBe(true);
  expect(can("2.15.1", capability)).toBe(true);
  expect(can(`${first}-RC.1`, capability)).toBe(false);
  expect(firstVersion(capability)).toBe(first);
});
