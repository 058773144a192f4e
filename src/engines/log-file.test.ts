/** A log that grows while it is read: in pieces, through the middle of lines and characters. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LogFile } from "./log-file.ts";

let dir: string;
let path: string;
let log: LogFile;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nats-sandbox-log-"));
  path = join(dir, "server.log");
  writeFileSync(path, "");
  log = new LogFile(path);
});
afterEach(() => {
  log[Symbol.dispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** A line as nats-server writes it. */
const line = (cid: number, text: string) =>
  `[4711] 2026/01/01 00:00:00.000000 [DBG] 127.0.0.1:5000 - cid:${cid} - ${text}\n`;
const CLOSED = "Client connection closed: Client Closed";

it("is whole, however it was cut when it was read", async () => {
  const text = `${line(1, "naïve – 日本語 – 🔐")}${line(2, "plain")}${line(1, CLOSED)}`;
  for (const byte of Buffer.from(text)) {
    appendFileSync(path, Buffer.of(byte));
    await log.story(9, 0); // reads what there is
  }
  expect(log.text()).toBe(text);
  expect(await log.story(1, 0)).toEqual([
    "[DBG] 127.0.0.1:5000 - cid:1 - naïve – 日本語 – 🔐",
    `[DBG] 127.0.0.1:5000 - cid:1 - ${CLOSED}`,
  ]);
});

it("holds the last line although its end is not written yet", () => {
  appendFileSync(path, "first\nunfinis");
  expect(log.text()).toBe("first\nunfinis");
  appendFileSync(path, "hed\n");
  expect(log.text()).toBe("first\nunfinished\n");
});

it("is read to its end when more comes at once than a buffer holds", async () => {
  const long = "é".repeat(50_000);
  const text = line(7, long) + line(8, "between").repeat(2_000) + line(7, CLOSED);
  appendFileSync(path, text);
  expect(log.text()).toBe(text);
  expect((await log.story(7, 0)).map((one) => one.length)).toEqual([
    line(7, long).length - line(7, "").indexOf("[DBG]") - 1,
    line(7, CLOSED).length - line(7, "").indexOf("[DBG]") - 1,
  ]);
  expect(await log.story(8, 0)).toHaveLength(2_000);
});

it("keeps the stories of connections apart, those with a common beginning of their numbers too", async () => {
  appendFileSync(
    path,
    line(1, "one") + line(11, "eleven") + line(1, CLOSED) + line(111, "cid:1 - said in passing"),
  );
  expect(await log.story(1, 0)).toEqual([expect.stringMatching(/one$/), expect.stringMatching(/closed/)]);
  expect(await log.story(11, 0)).toEqual([expect.stringMatching(/eleven$/)]);
  expect(await log.story(111, 0)).toEqual([expect.stringMatching(/in passing$/)]);
});

it("waits for the end of a story, and gives what there is when the time is over", async () => {
  appendFileSync(path, line(3, "created"));
  const waiting = log.story(3, 10_000);
  setTimeout(() => appendFileSync(path, line(4, CLOSED)), 10);
  setTimeout(() => appendFileSync(path, line(3, CLOSED)), 40);
  expect(await waiting).toHaveLength(2);
  appendFileSync(path, line(5, "created"));
  expect(await log.story(5, 30)).toHaveLength(1);
});

it("finds what appears only later, and undefined when it never does", async () => {
  const ready = log.find((text) => /Server is (\w+)/.exec(text)?.[1], 10_000);
  setTimeout(() => appendFileSync(path, "Server is ready\n"), 20);
  expect(await ready).toBe("ready");
  expect(await log.find(() => undefined, 20)).toBeUndefined();
});

it("ends all waiting when it is closed, can be closed twice, and still tells what it was", async () => {
  appendFileSync(path, line(6, "created"));
  const waiting = log.story(6, 60_000);
  appendFileSync(path, line(6, "last words"));
  log[Symbol.dispose]();
  expect(await waiting).toHaveLength(2);
  log[Symbol.dispose]();
  expect(await log.story(6, 60_000)).toHaveLength(2);
  expect(log.text()).toContain("last words");
});
