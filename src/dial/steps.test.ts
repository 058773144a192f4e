import { describe, expect, it, test } from "vitest";
import { type Broker, type Fate, openBroker } from "../testing/broker.ts";
import { info, stubServer } from "../testing/stub-server.ts";
import { TlsContexts } from "../wire/tls-contexts.ts";
import { dial } from "./dial.ts";
import type { DialStep } from "./steps.ts";

async function run(broker: Pick<Broker, "host" | "port">, step: DialStep, timeout = 20_000) {
  const as = (token: string) => ({
    url: `nats://${broker.host}:${broker.port}`,
    transport: "nats" as const,
    login: { token },
    inboxPrefix: `_INBOX_${token}`,
  });
  const { trace } = await dial({
    driver: "wire",
    connection: as("app"),
    step,
    at: broker,
    party: as,
    second: { token: "second" },
    timeout,
    contexts: new TlsContexts(),
    scratch: "",
  });
  return trace;
}

/** What a step comes to where the server does this with one verb on one subject. */
async function runWith(step: DialStep, verb: "PUB" | "SUB", subject: string, fate: Fate) {
  await using broker = await openBroker({
    judge: (_, what, where) => (what === verb && where === subject ? fate : "allow"),
  });
  const { complete, pong, errors, notes, failure } = await run(broker, step);
  expect({ pong, failure }).toEqual({ pong: true, failure: undefined });
  return { complete, refused: errors.length, notes };
}

describe("publish", () => {
  const step: DialStep = { op: "publish", subject: "a.b", witness: "other" };
  test.each<[Fate, object]>([
    ["allow", { complete: true, refused: 0, notes: ["other received 1"] }],
    ["refuse", { complete: true, refused: 1, notes: ["other received 0"] }],
    ["drop", { complete: false, refused: 0, notes: ["other received 0"] }],
    ["leak", { complete: false, refused: 1, notes: ["other received 1"] }],
    ["twice", { complete: false, refused: 0, notes: ["other received 2"] }],
  ])("where the server would %s it", async (fate, expected) => {
    expect(await runWith(step, "PUB", "a.b", fate)).toEqual(expected);
    expect(await runWith({ ...step, headers: { A: "1", B: "2" } }, "PUB", "a.b", fate)).toEqual(expected);
  });

  it("without a witness is what the server says of it", async () => {
    const { witness: _, ...alone } = step;
    expect(await runWith(alone, "PUB", "a.b", "allow")).toEqual({ complete: true, refused: 0, notes: [] });
    expect(await runWith(alone, "PUB", "a.b", "refuse")).toEqual({ complete: true, refused: 1, notes: [] });
  });

  it("sends its headers as headers", async () => {
    await using broker = await openBroker();
    await run(broker, { ...step, headers: { "X-A": "1" } });
    const sent = broker.heard.filter((line) => line.startsWith("app HPUB "));
    expect(sent).toEqual([expect.stringMatching(/^app HPUB a\.b 20 \d+$/)]); // "NATS/1.0\r\nX-A: 1\r\n\r\n"
  });
});

describe("subscribe", () => {
  const step: DialStep = { op: "subscribe", subject: "a.*", source: "other", sample: "a.b" };
  test.each<[Fate, object]>([
    ["allow", { complete: true, refused: 0, notes: ["received 1"] }],
    ["refuse", { complete: true, refused: 1, notes: ["received 0"] }],
    ["drop", { complete: false, refused: 0, notes: ["received 0"] }],
    ["leak", { complete: false, refused: 1, notes: ["received 1"] }],
  ])("where the server would %s it", async (fate, expected) => {
    expect(await runWith(step, "SUB", "a.*", fate)).toEqual(expected);
    expect(await runWith({ ...step, queue: "q" }, "SUB", "a.*", fate)).toEqual(expected);
  });

  it("goes into the queue that it names, and without a source is what the server says of it", async () => {
    await using broker = await openBroker();
    expect(await run(broker, { op: "subscribe", subject: "a", queue: "q" })).toMatchObject({
      complete: true,
    });
    expect(broker.heard).toContain("app SUB a q 1");
  });
});

test.each<[Fate, Fate, object]>([
  ["allow", "drop", { complete: true, notes: ["received a.open"] }],
  ["allow", "allow", { complete: false, notes: ["received a.denied, a.open"] }],
  ["drop", "drop", { complete: false, notes: ["received nothing"] }],
  ["drop", "allow", { complete: false, notes: ["received a.denied"] }],
  ["twice", "drop", { complete: false, notes: ["received a.open, a.open"] }],
])("filter, where the server would %s the open and %s the denied subject", async (open, denied, expected) => {
  await using broker = await openBroker({
    judge: (_, verb, subject) => (verb === "SUB" ? "allow" : subject === "a.open" ? open : denied),
  });
  const step: DialStep = {
    op: "filter",
    subject: "a.>",
    source: "other",
    open: "a.open",
    denied: "a.denied",
  };
  expect(await run(broker, step)).toMatchObject(expected);
});

test.each<[string, DialStep, "PUB" | "SUB", string]>([
  ["the witness may not listen", { op: "publish", subject: "a", witness: "other" }, "SUB", "a"],
  ["the source may not publish", { op: "subscribe", subject: "a", source: "other", sample: "a" }, "PUB", "a"],
  [
    "the source may not publish what is filtered",
    { op: "filter", subject: "a.>", source: "other", open: "a.b", denied: "a.c" },
    "PUB",
    "a.c",
  ],
])("nothing is proven where %s", async (_, step, verb, subject) => {
  for (const own of ["allow", "refuse"] as const) {
    await using broker = await openBroker({
      judge: (user, what, where) =>
        user === "other" ? (what === verb && where === subject ? "refuse" : "allow") : own,
    });
    const { complete, notes } = await run(broker, step);
    expect(complete).toBe(false);
    expect(notes).toContainEqual(expect.stringMatching(/^the other party: -ERR 'Permissions Violation for /));
  }
});

describe("request and respond", () => {
  const request: DialStep = { op: "request", subject: "ask", responder: "other" };
  const respond = (replies: number, allowed?: number): DialStep => ({
    op: "respond",
    subject: "ask",
    asker: "other",
    replies,
    ...(allowed === undefined ? {} : { allowed }),
  });

  it("are complete when every answer arrives", async () => {
    await using broker = await openBroker();
    expect(await run(broker, request)).toMatchObject({ complete: true, errors: [] });
    expect(await run(broker, respond(3))).toMatchObject({
      complete: true,
      notes: ["3 of 3 replies arrived"],
    });
    const subscribed = broker.heard.filter((line) => line.includes(" SUB _INBOX"));
    expect(subscribed).toEqual([
      expect.stringMatching(/^app SUB _INBOX_app\.\S+ 1$/),
      expect.stringMatching(/^other SUB _INBOX_other\.\S+ 1$/),
    ]);
  });

  it("are not when an answer is lost", async () => {
    await using broker = await openBroker({
      judge: (_, verb, subject) => (verb === "PUB" && subject.startsWith("_INBOX") ? "drop" : "allow"),
    });
    expect(await run(broker, request)).toMatchObject({ complete: false, errors: [] });
    expect(await run(broker, respond(1))).toMatchObject({
      complete: false,
      notes: ["0 of 1 replies arrived"],
    });
  });

  /** The server allows so many replies, and does that with those that follow. */
  async function limited(allowed: number, then: Fate, step: DialStep) {
    let replies = 0;
    await using broker = await openBroker({
      judge: (user, verb) => (user === "app" && verb === "PUB" && ++replies > allowed ? then : "allow"),
    });
    return await run(broker, step);
  }

  it("count a refused reply only after those that are allowed went through", async () => {
    expect(await limited(2, "refuse", respond(3, 2))).toMatchObject({
      complete: true,
      errors: [expect.stringContaining("Publish")],
    });
    expect(await limited(1, "refuse", respond(3, 2))).toMatchObject({ complete: false });
    expect(await limited(0, "refuse", respond(1))).toMatchObject({
      complete: true,
      notes: ["0 of 1 replies arrived"],
    });
    expect(await limited(2, "leak", respond(3, 2))).toMatchObject({ complete: false });
    expect(await limited(3, "refuse", respond(3, 2))).toMatchObject({ complete: true, errors: [] });
  });

  it("time out when the question never arrives", async () => {
    await using broker = await openBroker({ judge: (_, verb) => (verb === "PUB" ? "drop" : "allow") });
    expect(await run(broker, request, 1_500)).toMatchObject({
      complete: false,
      failure: { code: "DEADLINE" },
    });
    expect(broker.heard.some((line) => line.startsWith("other SUB ask"))).toBe(true);
  });
});

describe("before and after CONNECT", () => {
  it("a second CONNECT brings the second login, after the first one got in", async () => {
    await using broker = await openBroker();
    expect(await run(broker, { op: "second-connect" })).toMatchObject({ complete: true, pong: true });
    expect(broker.heard.map((line) => line.split(" ", 2).join(" "))).toEqual([
      "app CONNECT",
      "app PING",
      "second CONNECT",
      "second PING",
    ]);
  });

  it("bytes before CONNECT are sent alone, and the server must close", async () => {
    let heard = "";
    await using closing = await stubServer((socket) => {
      socket.write(info());
      socket.on("data", (chunk) => {
        heard += chunk;
        socket.end("-ERR 'Authorization Violation'\r\n");
      });
    });
    const step: DialStep = { op: "before-connect", send: "SUB > 1\r\n" };
    expect(await run(closing, step)).toMatchObject({
      pong: false,
      open: false,
      connectSent: "no",
      errors: ["Authorization Violation"],
    });
    expect(heard).toBe("SUB > 1\r\n");

    await using patient = await openBroker();
    expect(await run(patient, step, 150)).toMatchObject({ open: true, failure: { code: "DEADLINE" } });
  });
});

it("counts no message of others", async () => {
  await using broker = await openBroker({ noise: "nats-sandbox of another check" });
  const steps: readonly DialStep[] = [
    { op: "publish", subject: "a", witness: "other" },
    { op: "subscribe", subject: "a", source: "other", sample: "a" },
    { op: "filter", subject: "a.>", source: "other", open: "a.b", denied: "x" },
    { op: "request", subject: "a", responder: "other" },
    { op: "respond", subject: "a", asker: "other", replies: 2 },
  ];
  for (const step of steps) expect(await run(broker, step), step.op).toMatchObject({ complete: true });
});

it("leaves no connection open, of the client or of the others", async () => {
  await using broker = await openBroker();
  await run(broker, { op: "publish", subject: "a", witness: "other" });
  await run(broker, { op: "request", subject: "a", responder: "other" });
  while (broker.open() > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(broker.heard.length).toBeGreaterThan(0);
});
