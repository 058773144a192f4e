/** Whose failure it was: the engine's as a whole, its disk's, this machine's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { asEngineError } from "./failures.ts";

const WHAT = "the server of open/server did not start";
const toldOf = (error: unknown) => {
  const { code, message, detail, status } = asEngineError(error, WHAT);
  return { code, message, detail, status };
};
const answer = (statusCode: number, message: string) =>
  Object.assign(new Error(`(HTTP code ${statusCode}) - ${message}`), { statusCode, json: { message } });
const system = (code: string, text: string, more = {}) =>
  Object.assign(new Error(`${code}: ${text}`), { code, ...more });

describe("a failure", () => {
  it("of the engine's disk is told as that", () => {
    const words = "write /var/lib/docker/x: no space left on device";
    const engine = {
      code: "engine-unavailable",
      message: "the disk of the Docker engine is full",
      status: 3,
    };
    expect(toldOf(answer(500, words))).toEqual({ ...engine, detail: words });
  });

  it.each([
    ["ENOSPC", "no space left on device, write", "the disk is full"],
    ["EDQUOT", "disk quota exceeded, write", "the disk quota is used up"],
    ["EMFILE", "too many open files, open 'x'", "this process may not open more files"],
  ])("of our own files (%s) is not the engine's", (code, text, message) => {
    const told = toldOf(system(code, text, { syscall: "write" }));
    expect(told).toEqual({ code: "state-unusable", message, detail: `${code}: ${text}`, status: 3 });
  });

  it("of a file of ours that is gone is no engine that is gone", () => {
    const dir = mkdtempSync(join(tmpdir(), "nats-sandbox-failures-"));
    rmSync(dir, { recursive: true });
    let error: unknown;
    try {
      writeFileSync(join(dir, "server.conf"), "");
    } catch (caught) {
      error = caught;
    }
    expect(toldOf(error).code).toBe("bug");
  });

  it("to reach the engine's socket is an engine that is gone", async () => {
    const socket = connect(join(tmpdir(), "nats-sandbox-no-such.sock"));
    const error = await new Promise((resolve) => socket.once("error", resolve));
    expect(toldOf(error)).toMatchObject({
      code: "engine-unavailable",
      message: expect.stringContaining("not answer"),
    });
  });

  it("that is anything else is told in the engine's own words", () => {
    expect(toldOf(answer(409, "it is used\n"))).toEqual({
      code: "start-failed",
      message: WHAT,
      detail: "the Docker engine said: it is used",
      status: 3,
    });
  });
});
