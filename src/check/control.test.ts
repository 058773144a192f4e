import { describe, expect, it, test } from "vitest";
import { SandboxError } from "../errors.ts";
import type { Check, Mode } from "../model.ts";
import { controlOf } from "./control.ts";

const OK = { title: "in", as: "app", expect: "ok" } as const;
const REFUSED = { title: "out", as: "app", but: { login: null }, expect: "login" } as const;

function controlIn(checks: Readonly<Record<string, Check>>, id: string): string | undefined {
  const mode: Mode = { name: "m", title: "", why: "", groups: [], servers: {}, clients: { app: {} }, checks };
  const check = checks[id];
  if (check === undefined) throw new Error(`there is no check ${id}`);
  const control = controlOf(mode, id, check);
  if (control !== undefined) expect(control.check).toBe(checks[control.id]);
  return control?.id;
}

describe("the control of a refusal", () => {
  it("is its client as it is, through the same driver", () => {
    const checks: Readonly<Record<string, Check>> = {
      other: { ...OK, as: "other" },
      "by-nats-js": { ...OK, driver: "nats.js" },
      changed: { ...OK, but: { loginIn: "url" } },
      publish: { ...OK, step: { op: "publish", subject: "a" } },
      "as-it-is": { ...OK, expect: "tls-required" },
      right: OK,
      refused: REFUSED,
      "refused-nats-js": { ...REFUSED, driver: "nats.js" },
      "refused-other": { ...REFUSED, as: "other" },
    };
    expect(controlIn(checks, "refused")).toBe("right");
    expect(controlIn(checks, "refused-nats-js")).toBe("by-nats-js");
    expect(controlIn(checks, "refused-other")).toBe("other");
  });

  it("is the one that says so in words, `wire` and `connect`, too", () => {
    const right: Check = { ...OK, driver: "wire", step: { op: "connect" } };
    expect(controlIn({ right, refused: REFUSED }, "refused")).toBe("right");
  });

  it("is the one that the check names, before any other", () => {
    const url: Check = { ...OK, but: { loginIn: "url" } };
    const refused: Check = { ...REFUSED, control: "url" };
    expect(controlIn({ right: OK, url, refused }, "refused")).toBe("url");
  });

  it("is none for a check that gets in", () => {
    expect(controlIn({ right: OK }, "right")).toBeUndefined();
    expect(controlIn({ right: OK, changed: { ...OK, but: { login: null } } }, "changed")).toBeUndefined();
  });

  test.each<[string, Readonly<Record<string, Check>>]>([
    ["there is no other check", {}],
    ["another client gets in", { right: { ...OK, as: "other" } }],
    ["another driver gets in", { right: { ...OK, driver: "natscli" } }],
    ["a changed client gets in", { right: { ...OK, but: { loginIn: "url" } } }],
    ["it gets in by another step", { right: { ...OK, step: { op: "info", promises: {} as never } } }],
    ["the same client is refused", { right: { ...OK, expect: "tls-required" } }],
  ])("is missing when %s, which is a bug in the mode", (_, checks) => {
    const find = () => controlIn({ ...checks, refused: REFUSED }, "refused");
    expect(find).toThrow(SandboxError);
    expect(find).toThrow("the check m/refused has no control");
  });

  test.each<[string, Check | undefined]>([
    ["does not exist", undefined],
    ["is a refusal itself", { ...REFUSED, control: "right" }],
  ])("is missing when the one that is named %s, whoever else gets in", (_, named) => {
    const checks = { right: OK, ...(named && { named }), refused: { ...REFUSED, control: "named" } };
    expect(() => controlIn(checks, "refused")).toThrow("the check m/refused has no control");
  });
});
