import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, expect, it, test } from "vitest";
import { info } from "../testing/stub-server.ts";
import { outcome } from "../testing/stub-session.ts";
import { WireSession } from "./session.ts";

describe("a session that does not get in", () => {
  const NEVER_IN = { pong: false, complete: false };

  test.each<[string, string, (socket: Socket) => void, object]>([
    ["closes at once", "CLOSED", (socket) => socket.end(), { connectSent: "no", open: false }],
    ["closes after INFO", "CLOSED", (socket) => socket.end(info()), { clientId: 7, open: false }],
    [
      "resets",
      "ECONNRESET",
      (socket) => void socket.once("data", () => socket.resetAndDestroy()).write(info()),
      { connectSent: "plaintext", open: false },
    ],
    [
      "refuses the login and closes",
      "CLOSED",
      (socket) =>
        void socket.once("data", () => socket.end("-ERR 'Authorization Violation'\r\n")).write(info()),
      { errors: ["Authorization Violation"], open: false },
    ],
    [
      "is a web server",
      "CLOSED",
      (socket) => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
      { connectSent: "no", errors: [] },
    ],
    ["sends INFO that is no JSON", "PROTOCOL", (socket) => void socket.write("INFO {client_id}\r\n"), {}],
    ["sends INFO that is cut off", "PROTOCOL", (socket) => void socket.write('INFO {"client_id":7\r\n'), {}],
    ["sends INFO that is null", "PROTOCOL", (socket) => void socket.write("INFO null\r\n"), {}],
    ["sends bytes", "CLOSED", (socket) => socket.end(Buffer.alloc(4096, "\xff\x00\x16\r\n", "latin1")), {}],
    ["sends a line without end", "CLOSED", (socket) => socket.end(Buffer.alloc(4_000_000, "x")), {}],
    ...["MSG a 1 x", "MSG a 1 -9", "MSG", "MSG a 1 ", "HMSG a 1 2 1e400", "HMSG"].map(
      (line) =>
        [
          `sends "${line}"`,
          "PROTOCOL",
          (socket: Socket) => void socket.write(`${info()}${line}\r\nrest\r\n`),
          { open: false },
        ] as [string, string, (socket: Socket) => void, object],
    ),
  ])("ends with a failure when the server %s: %s", async (_, code, serve, seen) => {
    const ended = await outcome(serve);
    expect(ended.code).toBe(code);
    expect(ended.trace).toMatchObject({ ...NEVER_IN, ...seen });
  });

  test.concurrent.each<[string, (socket: Socket) => void, object]>([
    ["nothing at all", (socket) => void socket.resume(), { connectSent: "no" }],
    ["half an INFO", (socket) => void socket.resume().write('INFO {"client'), { connectSent: "no" }],
    [
      "something that is not NATS",
      (socket) => void socket.resume().write("220 smtp\r\n"),
      { connectSent: "no" },
    ],
    ["nothing after INFO", (socket) => void socket.resume().write(info()), { connectSent: "plaintext" }],
    [
      "half a message",
      (socket) => void socket.resume().write(`${info()}MSG a 1 100\r\nPONG\r\n`),
      { connectSent: "plaintext" },
    ],
  ])("gives up at the deadline when the server says %s", async (_, serve, seen) => {
    const started = performance.now();
    const ended = await outcome(serve, {}, 1_000);
    expect(ended).toMatchObject({ code: "DEADLINE", trace: { ...NEVER_IN, open: true, ...seen } });
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(990);
    expect(took).toBeLessThan(10_000);
  });

  it("gives up at once where nobody listens", async () => {
    const nobody = createServer();
    await once(nobody.listen(0, "127.0.0.1"), "listening");
    const { port } = nobody.address() as { port: number };
    nobody.close();
    const session = new WireSession(
      { url: `nats://127.0.0.1:${port}`, transport: "nats" },
      { deadline: performance.now() + 20_000 },
    );
    await expect(session.open()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    session.close();
    expect(session.trace).toMatchObject({ connectSent: "no", open: false });
  });
});
