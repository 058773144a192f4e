/** However a server leaves nats.js waiting once it has got in, the dial ends. */
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { info, speak, stubServer } from "../testing/stub-server.ts";
import { dial } from "./dial.ts";
import type { DialRequest } from "./request.ts";

const STEPS = [
  { op: "connect" },
  { op: "publish", subject: "x" },
  { op: "subscribe", subject: "x" },
] as const;

/** Dials a server that lets in, and then does this with the connection; it answers nothing more. */
async function dialStub(step: DialRequest["step"], timeout: number, then: (socket: Socket) => void) {
  await using stub = await stubServer((socket) => {
    socket.write(info());
    let pings = 0;
    speak(socket, (line) => {
      if (line !== "PING") return undefined;
      pings += 1;
      if (pings > 1) return "";
      socket.write("PONG\r\n");
      then(socket);
      return "";
    });
  });
  const { host, port } = stub;
  const connection = { url: `nats://localhost:${port}`, transport: "nats" } as const;
  const request = { driver: "nats.js", connection, step, at: { host, port }, timeout };
  const { trace } = await dial(request as unknown as DialRequest);
  return trace;
}

describe.each(STEPS)("$op", (step) => {
  it("ends with a server that ends as soon as it has let nats.js in", async () => {
    const { pong, complete, failure } = await dialStub(step, 5_000, (socket) => socket.end());
    expect({ pong, complete, failed: failure !== undefined }).toEqual({
      pong: true,
      complete: false,
      failed: true,
    });
    expect(failure?.code).not.toBe("DEADLINE");
  }, 5_000);

  it("ends at its deadline when no answer comes", async () => {
    const trace = await dialStub(step, 500, () => {});
    expect(trace).toMatchObject({ pong: true, complete: false, failure: { code: "DEADLINE" } });
  }, 5_000);
});
