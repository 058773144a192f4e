/** What a program asks for and cannot have, and what fails beneath it: told, and nothing is left. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SandboxEvent } from "../results.ts";
import { selectMode } from "../select.ts";
import { type Room, realServer } from "../testing/cli-room.ts";
import { failureOf } from "../testing/engine-lab.ts";
import { openLibraryRoom } from "../testing/library-room.ts";
import type { SandboxMode } from "./mode.ts";
import type { StartOptions } from "./options.ts";
import { startMode, startSandbox } from "./start.ts";

let room: Room;
let options: StartOptions;
beforeEach(async () => {
  ({ room, options } = await openLibraryRoom());
});
afterEach(() => room[Symbol.asyncDispose]());

describe("bad input", () => {
  it.each<[string, (nats: SandboxMode) => unknown, object]>([
    ["a client", (nats) => nats.connection("nobody"), { code: "unknown-client", detail: "it has: app" }],
    ["a client of every object", (nats) => nats.connection("constructor"), { code: "unknown-client" }],
    ["a client's files", (nats) => nats.files("nobody"), { code: "unknown-client" }],
    [
      "a certificate",
      (nats) => nats.connection("app", { present: "strangr" }),
      {
        code: "usage",
        message: 'tls-verify has no certificate "strangr"',
        detail: expect.stringContaining("stranger"),
      },
    ],
    ["a CA", (nats) => nats.connection("app", { trust: "me" as never }), { code: "usage" }],
    ["a server", (nats) => nats.connection("app", { server: "other" }), { code: "usage" }],
  ])("%s that is not there", async (_, ask, error) => {
    await using nats = await startMode("tls-verify", options);
    expect(() => ask(nats)).toThrow(expect.objectContaining(error));
  });

  it.each<[string, () => Promise<unknown>, object]>([
    ["no mode", () => startSandbox([], options), { code: "usage" }],
    [
      "an unknown mode",
      () => startMode("tsl" as never, options),
      { code: "unknown-mode", detail: "did you mean tls?" },
    ],
    ["a group as one mode", () => startMode("core" as never, options), { code: "unknown-mode" }],
    ["a bad host", () => startMode("tls", { ...options, hosts: ["a b"] }), { code: "invalid-host" }],
    ["a bad name", () => startMode("tls", { ...options, name: "../x" }), { code: "invalid-name" }],
    [
      "a server that is none",
      () => startMode("tls", { ...options, server: "/bin/sh" }),
      { code: expect.any(String) },
    ],
    [
      "two modes of one name",
      () => startSandbox(["tls", { ...selectMode("tls") }], options),
      { code: "usage", message: "two of the modes are called tls" },
    ],
    [
      "a mode whose name is a path",
      () => startMode({ ...selectMode("open"), name: "../evil" }, options),
      { code: "usage", message: expect.stringContaining("../evil") },
    ],
    ["data that are no mode", () => startMode({ name: "a" } as never, options), { code: "usage" }],
    [
      "an unknown engine",
      () => startMode("open", { ...options, engine: "podman" as never }),
      { code: "usage" },
    ],
    [
      "an unknown kind of key",
      () => startMode("tls", { ...options, keyType: "dsa" as never }),
      { code: "usage" },
    ],
    [
      "half the limits",
      () => startMode("open", { ...options, jetstream: { memory: 1 } as never }),
      { code: "usage" },
    ],
  ])("%s starts nothing", async (_, start, error) => {
    expect(await failureOf(start())).toMatchObject({ name: "SandboxError", ...error });
    expect([...(await room.remaining()), ...room.left()]).toEqual([]);
  });

  it("a mode that is not in the sandbox is told with those that are", async () => {
    await using sandbox = await startSandbox(["tls", "token"], options);
    expect(() => sandbox.mode("tsl")).toThrow(
      expect.objectContaining({ code: "not-up", detail: "did you mean tls?" }),
    );
  });

  it("a listener that throws is an uncaught exception, and takes nothing with it", async () => {
    const uncaught = vi.fn();
    const others = process.rawListeners("uncaughtException") as NodeJS.UncaughtExceptionListener[];
    process.removeAllListeners("uncaughtException").on("uncaughtException", uncaught);
    try {
      const onEvent = () => {
        throw new Error("of the listener");
      };
      await using nats = await startMode("token", { ...options, onEvent });
      await (await connect(nats.connectionOptions())).close();
    } finally {
      process.removeAllListeners("uncaughtException");
      for (const other of others) process.on("uncaughtException", other);
    }
    expect(uncaught).toHaveBeenCalledWith(new Error("of the listener"), "uncaughtException");
    expect([...(await room.remaining()), ...room.left()]).toEqual([]);
  });

  it("what cannot be handed out takes the servers with it", async () => {
    const clients = join(room.state, "t", "tls", "clients");
    const onEvent = (event: SandboxEvent) => {
      if (event.type === "phase" && event.phase === "ready") writeFileSync(clients, ""); // as good as a full disk
    };
    const error = await failureOf(startMode("tls", { ...options, name: "t", onEvent }));
    expect(error).toMatchObject({ message: expect.stringContaining("ENOTDIR") });
    expect([...(await room.remaining()), ...room.left()]).toEqual([]);
  });

  it("one mode that does not start takes the others with it", async () => {
    const { path } = await realServer();
    const server = room.script(
      "fussy",
      `[ "$1" = --version ] && { echo 'nats-server: v2.15.1'; exit; }
grep -q '^tls {' "$2" && { echo 'nats-server: out of luck'; exit 1; }
exec '${path}' "$@"`,
    );
    const error = await failureOf(startSandbox(["open", "tls"], { ...options, server }));
    expect(error).toMatchObject({ code: "start-failed", detail: expect.stringContaining("out of luck") });
    expect([...(await room.remaining()), ...room.left()]).toEqual([]);
  });
});
