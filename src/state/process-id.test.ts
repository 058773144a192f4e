import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { deadPid } from "../testing/state-home.ts";
import { startTime } from "./process-id.ts";

test("a process has the same start time whoever asks and whenever, and none once it has ended", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  const started = startTime(pid);
  expect(started).toBeTruthy();
  expect(startTime(pid)).toBe(started);
  expect(startTime(process.pid)).not.toBe(started);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(startTime(pid)).toBeUndefined();
  expect(startTime(deadPid)).toBeUndefined();
});
