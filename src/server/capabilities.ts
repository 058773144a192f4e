/** What a nats-server of a version can do: one table, so that no config key is emitted that a version lacks. */

import type { Capability } from "../model.ts";

/** The first version with each capability, after the tags of the nats-server repository. */
const FIRST_VERSION: Readonly<Record<Capability, string>> = {
  /** `allow_responses` in permissions. */
  "allow-responses": "2.0.4",
  /** `"subject queue"` in subscribe permissions. */
  "queue-permissions": "2.1.2",
  /** HPUB and HMSG. */
  headers: "2.2.0",
  /**
   * A subscribe `deny` also filters what a wider wildcard subscription receives (commit 1ce1a434b, issue 792). Patterns
   * that only overlap, such as `*.secret` under `app.*`, are filtered since 2.14.0, 2.12.7 and 2.11.16 (8ced85a11).
   */
  "deny-filters-wildcards": "2.0.0",
  /** `-t` (commit df2364af2). gnatsd 1.x prints its usage and exits 0, which looks like a valid config. */
  "config-test": "2.0.0",
  /** `jetstream {}`. gnatsd 1.x ignores the key in silence. */
  jetstream: "2.2.0",
};

/** Whether a server of this version (`2.15.1`, without `v`) has the capability. */
export function can(version: string, capability: Capability): boolean {
  return compareVersions(version, firstVersion(capability)) >= 0;
}

export function firstVersion(capability: Capability): string {
  return FIRST_VERSION[capability];
}

/** Below 0 when `a` is older than `b`; a pre-release is older than its release (semver.org §11). */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (const [index, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.preRelease === right.preRelease) return 0;
  if (left.preRelease === "") return 1;
  if (right.preRelease === "") return -1;
  return left.preRelease.localeCompare(right.preRelease, "en", { numeric: true });
}

function parts(version: string): { readonly numbers: readonly number[]; readonly preRelease: string } {
  const [release = "", ...preRelease] = version.split("-");
  return { numbers: release.split(".").map(Number), preRelease: preRelease.join("-") };
}
