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

// Elsewhere `ps` tells it apart, by a way of its own.
test.runIf(process.platform === "linux")(
  "a process that has ended is none, although nobody asked how",
  async () => {
    // The shell becomes a program that does not wait for what the shell started.
    const parent = spawn("/bin/sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const [printed] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(printed.toString());
      expect(pid).toBeGreaterThan(1);
      while (startTime(pid) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(process.kill(pid, 0)).toBe(true); // its number is still taken
    } finally {
      parent.kill("SIGKILL");
    }
  },
);
