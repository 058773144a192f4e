import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, it, test } from "vitest";
import type { Connection } from "../model.ts";
import { info, speak, stubServer } from "../testing/stub-server.ts";
import { outcome, sessionTo } from "../testing/stub-session.ts";
import { readInfo } from "./session.ts";

/** Writes byte by byte, each in a packet of its own. */
async function dribble(socket: Socket, text: string | Buffer): Promise<void> {
  for (const byte of Buffer.from(text)) {
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a session that gets in", () => {
  it("sends one CONNECT with the login and a PING, and takes note of what it saw", async () => {
    let heard: readonly string[] = [];
    const login = { user: "a", password: 'p"é', token: "t" };
    const { code, trace } = await outcome(
      (socket) => {
        socket.write(info({ auth_required: true }));
        heard = speak(socket);
      },
      { login },
    );
    expect(code).toBe("in");
    expect(trace).toMatchObject({
      clientId: 7,
      pong: true,
      open: true,
      errors: [],
      connectSent: "plaintext",
    });
    expect(trace.info).toMatchObject({ version: "2.15.1", auth_required: true });
    expect(heard).toHaveLength(2);
    expect(heard[1]).toBe("PING");
    const sent = JSON.parse(Buffer.from(heard[0]?.slice("CONNECT ".length) ?? "", "latin1").toString());
    expect(sent).toMatchObject({ user: "a", pass: 'p"é', auth_token: "t", tls_required: false });
  });

  it.each<[string, Partial<Connection>, object]>([
    ["no login", {}, {}],
    ["an empty user and password", { login: { user: "", password: "" } }, { user: "", pass: "" }],
    ["a token", { login: { token: "t" } }, { auth_token: "t" }],
    ["a login in the URL", { url: "nats://a%40b:c%2Fd@localhost:1" }, { user: "a@b", pass: "c/d" }],
    ["options before the URL", { url: "nats://a:b@localhost:1", login: { token: "t" } }, { auth_token: "t" }],
  ])("sends exactly the slots of %s", async (_, connection, slots) => {
    let heard: readonly string[] = [];
    const serve = (socket: Socket) => {
      socket.write(info());
      heard = speak(socket);
    };
    expect((await outcome(serve, connection)).code).toBe("in");
    const { user, pass, auth_token } = JSON.parse(heard[0]?.slice("CONNECT ".length) ?? "");
    expect({ user, pass, auth_token }).toEqual({
      user: undefined,
      pass: undefined,
      auth_token: undefined,
      ...slots,
    });
  });

  it("reads what comes byte by byte, and what comes all at once", async () => {
    const together = "PONG\r\n-ERR 'late'\r\n";
    const slow = await outcome((socket) => {
      void dribble(socket, info());
      speak(socket, (line) => {
        if (line === "PING") void dribble(socket, together);
        return "";
      });
    });
    expect(slow).toMatchObject({ code: "in", trace: { clientId: 7 } });
    const fast = await outcome((socket) => {
      socket.write(info());
      speak(socket, (line) => (line === "PING" ? `PING\r\n+OK\r\n${together}` : undefined));
    });
    expect(fast).toMatchObject({ code: "in", trace: { errors: ["late"] } });
  });

  it("keeps the greeting when a second INFO follows", async () => {
    const { trace } = await outcome((socket) => {
      socket.write(info());
      speak(socket, (line) =>
        line === "PING"
          ? `${info({ client_id: 8, version: "9.9.9", tls_required: true })}PONG\r\n`
          : undefined,
      );
    });
    expect(trace).toMatchObject({ clientId: 7, info: { version: "2.15.1" } });
    expect(trace.info).not.toHaveProperty("tls_required");
  });

  it("answers the server's PING", async () => {
    await using stub = await stubServer((socket) => {
      socket.write(info());
      speak(socket, (line) =>
        line.startsWith("CONNECT") ? "PING\r\n" : line === "PONG" ? "MSG a 1 4\r\npong\r\n" : undefined,
      );
    });
    const session = sessionTo(stub);
    await session.open();
    await session.connect();
    expect(await session.message("pong")).toMatchObject({ subject: "a" });
    session.close();
  });
});

describe("messages", () => {
  const PIPELINED = Buffer.from(
    "MSG a.b 1 3\r\nhé\r\nMSG a.b 1 _INBOX.x 7\r\nMSG 1\r\n\r\n" +
      "HMSG h 1 18 20\r\nNATS/1.0\r\nA: 1\r\n\r\nok\r\nHMSG h 1 r 18 20\r\nNATS/1.0\r\nA: 2\r\n\r\nok\r\n" +
      "MSG empty 1 0\r\n\r\nPONG\r\n",
  );

  test.each([
    ["pipelined", (socket: Socket) => void socket.write(PIPELINED)],
    ["byte by byte", (socket: Socket) => void dribble(socket, PIPELINED)],
  ])("arrive whole when they come %s, whatever is in them", async (_, answer) => {
    await using stub = await stubServer((socket) => {
      socket.write(info());
      speak(socket, (line) => {
        if (line === "PING") answer(socket);
        return "";
      });
    });
    const session = sessionTo(stub);
    await session.open();
    await session.connect();
    expect(session.received("hé")).toEqual([{ subject: "a.b", reply: undefined, payload: "hé" }]);
    expect(session.received("MSG 1\r\n")).toEqual([
      { subject: "a.b", reply: "_INBOX.x", payload: "MSG 1\r\n" },
    ]);
    expect(session.received("ok")).toEqual([
      { subject: "h", reply: undefined, payload: "ok" },
      { subject: "h", reply: "r", payload: "ok" },
    ]);
    expect(session.received("")).toHaveLength(1);
    expect(session.received("nothing like it")).toEqual([]);
    session.close();
  });
});

test("readInfo reads INFO and says nothing, not even to a server that demands TLS", async () => {
  const said: Buffer[] = [];
  const ended: Promise<unknown>[] = [];
  await using stub = await stubServer((socket) => {
    ended.push(once(socket, "close"));
    socket.on("data", (chunk) => said.push(chunk)).write(info({ tls_required: true }));
  });
  const read = await readInfo(stub.host, stub.port, performance.now() + 20_000);
  expect(read).toMatchObject({ version: "2.15.1", tls_required: true });
  await Promise.all(ended);
  expect(said).toEqual([]);
});
