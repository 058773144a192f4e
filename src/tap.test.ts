import { once } from "node:events";
import { createServer } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { openTap, viaTap } from "./tap.ts";
import { closeAll, closeLater, dial, INFO, portOf, tapped } from "./testing/tapped.ts";

afterEach(closeAll);

/** Waits until the tap knows it; what a client has seen may reach the record a turn later. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe("the record of a connection", () => {
  it("names the connection as the server does, and holds what the client sent", async () => {
    const tap = await tapped((socket) => {
      socket.write(INFO);
      socket.once("data", () => socket.end("-ERR 'no'\r\n"));
    });
    const client = dial(tap);
    await once(client, "data");
    client.write("CONNECT {}\r\nPING é\r\n");
    await once(client, "close");
    expect(tap.records()).toEqual([
      {
        clientId: 42,
        plaintext: "CONNECT {}\r\nPING é\r\n",
        tls: false,
        served: [],
        closedFirst: "server",
      },
    ]);
  });

  it("finds the id in an INFO that came byte by byte, and only there", async () => {
    const tap = await tapped((socket) => {
      void (async () => {
        for (const char of INFO) {
          socket.write(char);
          await new Promise((resolve) => setImmediate(resolve));
        }
        socket.end('INFO {"client_id":43}\r\n');
      })();
    });
    await once(dial(tap).resume(), "close");
    expect(tap.records()[0]?.clientId).toBe(42);

    const other = await tapped((socket) => socket.end('MSG a 1 16\r\n{"client_id":42}\r\n'));
    await once(dial(other).resume(), "close");
    expect(other.records()[0]).not.toHaveProperty("clientId");
  });

  it("is one for each connection, in the order of dialling", async () => {
    let count = 0;
    const tap = await tapped((socket) => socket.resume().write(`INFO {"client_id":${++count}}\r\n`));
    for (const name of ["one", "two", "three"]) {
      const client = dial(tap);
      await once(client, "data");
      client.end(name);
      await once(client, "close");
    }
    expect(tap.records().map(({ clientId, plaintext }) => [clientId, plaintext])).toEqual([
      [1, "one"],
      [2, "two"],
      [3, "three"],
    ]);
  });

  it("tells who closed first", async () => {
    const patient = await tapped((socket) => void socket.resume());
    const leaving = dial(patient);
    await once(leaving, "connect");
    leaving.end("bye");
    await until(() => patient.records()[0]?.closedFirst !== undefined);
    expect(patient.records()[0]?.closedFirst).toBe("client");

    const abrupt = await tapped((socket) => socket.end());
    await once(dial(abrupt).resume(), "close");
    expect(abrupt.records()[0]?.closedFirst).toBe("server");
  });

  it("says of an open connection that nobody closed it", async () => {
    const tap = await tapped((socket) => socket.write(INFO));
    await once(dial(tap), "data");
    expect(tap.records()[0]).toMatchObject({ closedFirst: undefined, plaintext: "" });
  });
});

describe("what passes", () => {
  it("is the same at the other end, both ways and at once, however much it is", async () => {
    const up = Buffer.alloc(1_000_000, "up and away ");
    const down = Buffer.alloc(1_000_000, "down under ");
    let received: Promise<Buffer> | undefined;
    const tap = await tapped((socket) => {
      received = buffer(socket);
      socket.end(down);
    }, true);
    const client = dial(tap, true);
    client.end(up);
    expect((await buffer(client)).equals(down)).toBe(true);
    expect((await received)?.equals(up)).toBe(true);
  });

  it("is all that a server says to a client that has said its last word", async () => {
    const tap = await tapped((socket) => {
      const said: string[] = [];
      socket.on("data", (chunk) => said.push(String(chunk)));
      socket.on("end", () => socket.end(`you said ${said.join("")}`));
    }, true);
    const client = dial(tap, true);
    client.end("goodbye");
    expect(await text(client)).toBe("you said goodbye");
    expect(tap.records()[0]?.closedFirst).toBe("client");
  });

  it("is every word of a server that speaks and closes", async () => {
    const tap = await tapped((socket) => socket.end("-ERR 'Authorization Violation'\r\n"));
    for (let i = 0; i < 50; i += 1) expect(await text(dial(tap))).toBe("-ERR 'Authorization Violation'\r\n");
  });

  it("is a reset of the client, as the end of the connection", async () => {
    const ends: Promise<unknown>[] = [];
    const tap = await tapped((socket) => {
      ends.push(once(socket.resume(), "close"));
      socket.write(INFO);
    });
    const client = dial(tap);
    await once(client, "data");
    client.resetAndDestroy();
    await Promise.all(ends);
    expect(tap.records()[0]?.closedFirst).toBe("client");
  });

  it("is a reset of the server, as the end of the connection", async () => {
    const tap = await tapped((socket) => void socket.once("data", () => socket.resetAndDestroy()));
    const client = dial(tap);
    client.write("PING\r\n");
    await once(client, "close");
    expect(tap.records()[0]?.closedFirst).toBe("server");
  });

  it("is nothing where no server listens: the client is turned away at once", async () => {
    const nobody = createServer();
    const port = await portOf(nobody);
    await nobody[Symbol.asyncDispose]();
    const tap = await openTap({ host: "127.0.0.1", port });
    closeLater(tap);
    await once(dial(tap).resume(), "close");
    expect(tap.records()).toEqual([{ plaintext: "", tls: false, served: [], closedFirst: "server" }]);
  });
});

it("is gone when it is disposed of, with every connection through it", async () => {
  const ends: Promise<unknown>[] = [];
  const tap = await tapped((socket) => {
    ends.push(once(socket.resume(), "close"));
    socket.write(INFO);
  });
  const clients = [dial(tap), dial(tap), dial(tap)];
  await Promise.all(clients.map((client) => once(client, "data")));
  const closed = clients.map((client) => once(client.resume(), "close"));
  await tap[Symbol.asyncDispose]();
  await Promise.all([...closed, ...ends]);
  const late = dial(tap);
  const [error] = await once(late.removeAllListeners("error"), "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
});

describe("a URL by way of a tap", () => {
  const tap = { host: "127.0.0.1", port: 7 };
  it.each([
    ["nats://localhost:4222", "nats://localhost:7"],
    ["tls://a:b@127.0.0.1:4222", "tls://a:b@127.0.0.1:7"],
    ["tls://10.0.0.2:4222", "tls://127.0.0.1:7"],
    ["nats://a:b@engine.example:4222", "nats://a:b@127.0.0.1:7"],
    ["nats://localhost.example:4222", "nats://127.0.0.1:7"],
  ])("%s is %s", (url, via) => {
    expect(viaTap(url, tap).href).toBe(via);
  });
});
