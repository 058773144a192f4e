/** What a client got, as it looks from another place. */
import { describe, expect, it } from "vitest";
import { SandboxError } from "../errors.ts";
import { seenFrom } from "./seen-from.ts";

const ONE = {
  mode: "tls",
  connection: { url: "tls://ann:p%40ss@localhost:4301", transport: "nats" as const },
  files: { ca: "/here/clients/app/ca.pem", key: "/here/clients/app/key.pem", context: "/here/context.json" },
  elsewhere: { network: { host: "nats", port: 4222 }, container: { host: "fd00::1", port: 4302 } },
};

describe("what a client got", () => {
  it("is on this machine what it is", () => expect(seenFrom(ONE, "host")).toBe(ONE));

  it.each([
    ["network", "tls://ann:p%40ss@nats:4222"],
    ["container", "tls://ann:p%40ss@[fd00::1]:4302"],
  ] as const)("has another address in a %s, the same login, and no context of the nats CLI", (from, url) => {
    const { connection, files } = seenFrom(ONE, from);
    expect(connection).toEqual({ ...ONE.connection, url });
    expect(files).toEqual({ ca: ONE.files.ca, key: ONE.files.key });
  });

  it("has its files where they are mounted", () => {
    const files = { ca: "/certs/ca.pem", key: "/certs/key.pem" };
    expect(seenFrom(ONE, "network", "/certs").files).toEqual(files);
    expect(seenFrom(ONE, "host", "/certs")).toEqual({ ...ONE, files });
  });

  it.each(["network", "container"] as const)("is an error where a %s cannot reach it", (from) => {
    expect(() => seenFrom({ ...ONE, elsewhere: {} }, from)).toThrow(SandboxError);
  });
});
