/** Streams: what a restart keeps is proven on real servers, and a server that keeps nothing is found out. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Mode } from "../model.ts";
import { JETSTREAM_LIMITS, withJetStream } from "../modes/_jetstream.ts";
import type { CheckResult } from "../results.ts";
import { selectModes } from "../select.ts";
import { findServer } from "../server/find.ts";
import { openWorkshop, type Sabotage, type Workshop } from "../testing/sabotage.ts";
import { onConfig, withoutBlocks } from "../testing/spoilt-servers.ts";

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop(await findServer());
});
afterAll(() => workshop[Symbol.asyncDispose]());

const mode = (name: string) => withJetStream(selectModes([name])[0] as Mode, JETSTREAM_LIMITS);

/** Verdicts of the checks of streams, by id. */
async function verdicts(name: string, sabotage: Sabotage = {}) {
  const outcome = await workshop.check(mode(name), sabotage);
  if ("invalid" in outcome) throw new Error(outcome.invalid);
  const about = outcome.results.filter(({ id }) => id.includes("/stream-"));
  return Object.fromEntries(about.map((one: CheckResult) => [one.id.replace(/.*\//, ""), one.verdict]));
}

const ALL = ["stream-write", "stream-kept", "stream-make-memory", "stream-lost"];
const as = (...given: readonly string[]) => Object.fromEntries(ALL.map((id, index) => [id, given[index]]));

describe("streams", () => {
  it.each(["open", "permissions", "tls-verify"])(
    "of %s are kept on disk, and not in memory",
    async (name) => {
      expect(await verdicts(name)).toEqual(as("pass", "pass", "pass", "pass"));
    },
  );

  it("are missed on a server without JetStream", async () => {
    const none = onConfig((config) => withoutBlocks(config, "jetstream"));
    const { "stream-write": write, "stream-kept": kept } = await verdicts("open", none);
    expect([write, kept]).not.toContain("pass");
  });

  it("are missed where a restart finds an empty store", async () => {
    const started = new Set<string>();
    const forgetful: Sabotage = {
      spec(spec, { root }) {
        if (started.has(spec.id)) rmSync(join(root, "jetstream"), { recursive: true });
        started.add(spec.id);
        return spec;
      },
    };
    expect(await verdicts("open", forgetful)).toEqual(as("pass", "fail", "pass", "pass"));
  });

  it("are refused to a user without the API among its permissions", async () => {
    const ungranted = onConfig((config) => config.replaceAll(/, "\$JS\.[A-Z]+\.>"/g, ""));
    const { "stream-write": write } = await verdicts("permissions", ungranted);
    expect(write).toBe("fail");
  });
});
