import { describe, expect, it } from "vitest";
import { classify } from "../classify.ts";
import type { Connection, DriverName } from "../model.ts";
import { openBroker } from "../testing/broker.ts";
import { info, type Stub, speak, stubServer } from "../testing/stub-server.ts";
import { TlsContexts } from "../wire/tls-contexts.ts";
import { dial } from "./dial.ts";
import type { DialRequest } from "./request.ts";

function request(
  driver: DriverName,
  at: Pick<Stub, "host" | "port">,
  more: Partial<DialRequest> = {},
): DialRequest {
  const connection: Connection = { url: `nats://localhost:${at.port}`, transport: "nats" };
  return {
    driver,
    connection,
    step: { op: "connect" },
    at,
    party: () => connection,
    timeout: 20_000,
    contexts: new TlsContexts(),
    scratch: "",
    ...more,
  };
}

/** A server that says this to a CONNECT and closes. */
function refusing(text: string) {
  return stubServer((socket) => {
    socket.write(info({ auth_required: true }));
    speak(socket, (line) => {
      if (line.startsWith("CONNECT")) socket.end(`-ERR '${text}'\r\n`);
      return "";
    });
  });
}

const DRIVERS = ["wire", "nats.js"] as const;

describe.each(DRIVERS)("%s", (driver) => {
  it("gets in, and is gone afterwards", async () => {
    await using broker = await openBroker();
    const { trace } = await dial(request(driver, broker));
    expect(trace).toMatchObject({
      pong: true,
      complete: true,
      open: true,
      clientId: 7,
      connectSent: "plaintext",
    });
    expect(trace).not.toHaveProperty("failure");
    expect(classify(trace, []).got).toBe("ok");
    while (broker.open() > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it("tells of a refused login", async () => {
    await using stub = await refusing("Authorization Violation");
    const { trace } = await dial(request(driver, stub));
    expect(trace).toMatchObject({ pong: false, open: false, errors: ["Authorization Violation"] });
    expect(classify(trace, ["[ERR] 127.0.0.1:1 - cid:7 - authentication error"]).got).toBe("login");
  });

  it("does not turn to plaintext when TLS is demanded: nothing is sent", async () => {
    await using broker = await openBroker();
    const connection = {
      ...request(driver, broker).connection,
      login: { token: "hush" },
      tls: { policy: "demand-by-option" as const },
    };
    const { trace } = await dial(request(driver, broker, { connection }));
    expect(trace).toMatchObject({ pong: false, connectSent: "no", failure: { code: "TLS_NOT_OFFERED" } });
    expect(classify(trace, [])).toMatchObject({ got: "tls-not-offered", decidedBy: "client" });
    expect(broker.heard).toEqual([]);
  });

  it("tells of a message that was refused, and stays connected", async () => {
    await using broker = await openBroker({ judge: () => "refuse" });
    const publish = await dial(request(driver, broker, { step: { op: "publish", subject: "a" } }));
    expect(publish.trace).toMatchObject({ pong: true, open: true });
    expect(publish.trace.errors[0]).toMatch(/^Permissions Violation for Publish to "a"/);
    const subscribe = await dial(request(driver, broker, { step: { op: "subscribe", subject: "b" } }));
    expect(subscribe.trace).toMatchObject({ pong: true, open: true });
    expect(subscribe.trace.errors).toHaveLength(1);
    expect(subscribe.trace.errors[0]).toMatch(/^Permissions Violation for Subscription to "b"/);
  });

  it("asks, and gets the answer of the responder", async () => {
    await using broker = await openBroker();
    const { trace } = await dial(
      request(driver, broker, { step: { op: "request", subject: "q", responder: "other" } }),
    );
    expect(trace).toMatchObject({ pong: true, complete: true, errors: [] });
  });

  it("gives up on a server that says nothing", async () => {
    await using stub = await stubServer((socket) => void socket.resume());
    const { trace } = await dial(request(driver, stub, { timeout: 300 }));
    expect(trace).toMatchObject({ pong: false, connectSent: "no" });
    expect(classify(trace, []).got).toBe("timeout");
  });

  it("does not take a server that is gone for one that refuses", async () => {
    const gone = await stubServer(() => {});
    await gone[Symbol.asyncDispose]();
    const { trace } = await dial(request(driver, gone));
    expect(trace).toMatchObject({ pong: false, connectSent: "no", failure: { code: expect.any(String) } });
    expect(["unreachable", "other"]).toContain(classify(trace, []).got);
  });
});

describe("the tap", () => {
  it("stands before every driver but the judge, who dials through it when asked", async () => {
    await using broker = await openBroker();
    expect(await dial(request("wire", broker))).not.toHaveProperty("tap");
    for (const one of [request("wire", broker, { tapped: true }), request("nats.js", broker)]) {
      const { tap } = await dial(one);
      expect(tap).toMatchObject({ clientId: 7, tls: false, plaintext: expect.stringContaining("CONNECT ") });
    }
  });

  it("tells when the login went over the wire in plaintext", async () => {
    await using broker = await openBroker();
    const login = { user: "app", password: 'hu"sh' };
    const seen = "the tap saw the login in plaintext";
    for (const driver of DRIVERS) {
      const { connection } = request(driver, broker);
      const with_ = await dial(
        request(driver, broker, { tapped: true, connection: { ...connection, login } }),
      );
      expect(with_.trace.notes).toEqual([seen]);
      const without = await dial(request(driver, broker, { tapped: true }));
      expect(without.trace.notes).toEqual([]);
    }
  });
});

it("throws for a bug of ours, which no client and no server made", async () => {
  await using broker = await openBroker();
  const party = () => {
    throw new Error("no such client");
  };
  const step = { op: "publish", subject: "a", witness: "nobody" } as const;
  await expect(dial(request("wire", broker, { party, step }))).rejects.toThrow("no such client");
  while (broker.open() > 0) await new Promise((resolve) => setImmediate(resolve));
});
