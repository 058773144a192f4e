/** A server that ends as soon as nats.js has got in: the dial ends too, whatever nats.js waits for. */
import { expect, it } from "vitest";
import { info, speak, stubServer } from "../testing/stub-server.ts";
import { dialNatsJs } from "./nats-js.ts";
import type { DialRequest } from "./request.ts";

it.each([{ op: "connect" }, { op: "publish", subject: "x" }, { op: "subscribe", subject: "x" }] as const)(
  "$op",
  async (step) => {
    await using stub = await stubServer((socket) => {
      socket.write(info());
      speak(socket, (line) => {
        if (line !== "PING") return undefined;
        socket.end("PONG\r\n");
        return "";
      });
    });
    const connection = { url: `nats://localhost:${stub.port}`, transport: "nats" } as const;
    const request = { driver: "nats.js", connection, step, timeout: 5_000 } as unknown as DialRequest;
    const { pong, complete, failure } = await dialNatsJs(request, stub);
    expect({ pong, complete, failed: failure !== undefined }).toEqual({
      pong: true,
      complete: false,
      failed: true,
    });
  },
  5_000,
);
