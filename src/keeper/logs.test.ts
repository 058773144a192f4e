import { expect, it } from "vitest";
import type { RunningMode } from "../running/running.ts";
import { logLines } from "./logs.ts";

/** A running mode whose server has logged this so far; how often it was asked is counted. */
function logging(log: () => string) {
  const asked = { times: 0 };
  const server = {
    log: async () => {
      asked.times += 1;
      return log();
    },
  };
  const running = {
    mode: { name: "token" },
    serverNames: ["server"],
    server: async () => server,
    redact: (text: string) => text.replaceAll("hush", "[secret]"),
  } as unknown as RunningMode;
  return { running, asked };
}

it("tells whole lines, redacted, the last so many of them", async () => {
  const { running } = logging(() => "one\ntwo hush\nthree\nhal");
  const signal = new AbortController().signal;
  const told: string[] = [];
  for await (const { line } of logLines([running], { follow: false, last: 2, signal })) told.push(line);
  expect(told).toEqual(["two [secret]", "three"]);
});

it("tells what is to come as it comes, each line once", async () => {
  let log = "one\n";
  const { running } = logging(() => log);
  const end = new AbortController();
  const lines = logLines([running], { follow: true, last: Number.POSITIVE_INFINITY, signal: end.signal });
  expect((await lines.next()).value?.line).toBe("one");
  log += "two\nthr";
  expect((await lines.next()).value?.line).toBe("two");
  log += "ee\n";
  expect((await lines.next()).value?.line).toBe("three");
  end.abort();
});

it("stops looking when nobody follows any more, though the server says nothing", async () => {
  const { running, asked } = logging(() => "");
  const end = new AbortController();
  const next = logLines([running], { follow: true, last: 1, signal: end.signal }).next();
  setTimeout(() => end.abort(), 50);
  expect((await next).done).toBe(true);
  const { times } = asked;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(asked.times).toBe(times);
});
