/** Where a server may be reached, as a check sees it: for the process engine on loopback, for a far one where clients dial. */
import { describe, expect, it } from "vitest";
import type { Address } from "../engines/engine.ts";
import type { Check } from "../model.ts";
import type { CheckContext } from "./context.ts";
import { inspect } from "./inspect.ts";

const STEP = { op: "listeners", exactly: ["client"] } as const;

async function holds(dialled: string, ...found: readonly Address[]): Promise<boolean> {
  const server = {
    address: () => ({ host: dialled, port: 4222 }),
    listeners: async () => found,
    log: async () => "",
  };
  const running = { server: async () => server, listeners: ["client"] };
  const context = { running } as unknown as CheckContext;
  return (await inspect(context, {} as Check, STEP)).holds;
}

describe("the listeners of a server", () => {
  it.each([
    ["on loopback", "127.0.0.1", "127.0.0.1"],
    ["at the address of an engine elsewhere", "10.0.0.2", "10.0.0.2"],
    ["at the name of an engine elsewhere", "engine.example", "engine.example"],
  ])("hold %s", async (_, dialled, host) => {
    expect(await holds(dialled, { host, port: 4222 })).toBe(true);
  });

  it.each([
    ["anywhere on this machine", "127.0.0.1", "0.0.0.0"],
    ["anywhere on the engine's", "engine.example", "0.0.0.0"],
    ["at another address than is dialled", "10.0.0.2", "10.0.0.3"],
  ])("do not hold %s", async (_, dialled, host) => {
    expect(await holds(dialled, { host, port: 4222 })).toBe(false);
  });

  it("hold only what was asked for", async () => {
    const asked = { host: "127.0.0.1", port: 4222 };
    expect(await holds("127.0.0.1", asked, { host: "127.0.0.1", port: 8222 })).toBe(false);
    expect(await holds("127.0.0.1")).toBe(false);
  });
});
