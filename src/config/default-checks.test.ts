import { describe, expect, it } from "vitest";
import { controlOf } from "../check/control.ts";
import type { Mode, SecretRecipe } from "../model.ts";
import { defaultChecks } from "./default-checks.ts";

type Parts = Partial<Pick<Mode, "servers" | "clients" | "secrets">>;

const TLS = { certificate: "@server.cert", key: "@server.key" };
const LOGIN = { user: "$app.user", password: "$app.password" } as const;

function checks({ servers = {}, clients = { app: {} }, secrets = {} }: Parts) {
  return defaultChecks({ servers: { server: { template: "users.conf" }, ...servers }, clients, secrets });
}

function refusals(parts: Parts): Readonly<Record<string, string>> {
  const refused = Object.entries(checks(parts).checks).filter(([, check]) => check.expect !== "ok");
  return Object.fromEntries(refused.map(([id, check]) => [id, check.expect]));
}

describe("the checks of a mode that has none", () => {
  it("let everyone in where nothing is asked", () => {
    expect(Object.keys(checks({}).checks)).toEqual(["app-right", "listeners"]);
    expect(checks({}).secrets).toEqual({});
  });

  it("ask for the right password, of each client", () => {
    const clients = { app: { login: LOGIN }, other: { login: LOGIN } };
    expect(refusals({ clients })).toEqual({
      "app-wrong": "login",
      "app-nothing": "login",
      "other-wrong": "login",
      "other-nothing": "login",
    });
    const { checks: all, secrets } = checks({ clients });
    expect(all["app-wrong"]?.but?.login).toEqual({ user: "$app.user", password: "$wrong-password.password" });
    expect(Object.keys(secrets)).toEqual(["wrong-password"]);
  });

  it("ask for the right token", () => {
    const { checks: all, secrets } = checks({ clients: { app: { login: { token: "$app.token" } } } });
    expect(all["app-wrong"]?.but?.login).toEqual({ token: "$wrong-token.token" });
    expect(secrets).toEqual({ "wrong-token": { kind: "token" } });
  });

  it("turn away plaintext where the server speaks TLS, and no certificate where it asks for one", () => {
    const clients = { app: { trust: "ca", present: "app" } } as const;
    expect(refusals({ clients, servers: { server: { template: "users.conf", params: TLS } } })).toEqual({
      "app-plaintext": "tls-required",
    });
    const params = { ...TLS, ca: "@ca" };
    expect(refusals({ clients, servers: { server: { template: "users.conf", params } } })).toEqual({
      "app-plaintext": "tls-required",
      "app-no-certificate": "client-cert-missing",
    });
  });

  it("leave out clients of servers that are not handed out, and know each client's own server", () => {
    const servers = {
      tls: { template: "users.conf", params: TLS },
      extra: { template: "users.conf", during: "check" },
    } as const;
    const clients = { app: {}, one: { server: "tls" }, two: { server: "extra", login: LOGIN } };
    expect(refusals({ clients, servers })).toEqual({ "one-plaintext": "tls-required" });
  });

  it("take no name that is taken, and keep what the mode has", () => {
    const own: Record<string, SecretRecipe> = {
      app: { kind: "password", user: "a" },
      "wrong-password": { kind: "token" },
      "wrong-password-too": { kind: "token" },
    };
    const { secrets } = checks({ clients: { app: { login: LOGIN } }, secrets: own });
    expect(secrets).toEqual({ ...own, "wrong-password-too-too": { kind: "password", user: "nobody" } });
  });

  it("have a control each", () => {
    const clients = { app: { login: LOGIN }, other: { login: { token: "$t.token" } as const } };
    const { checks: all } = checks({ clients });
    const mode = { name: "m", title: "m", why: "", groups: [], servers: {}, clients, checks: all };
    for (const [id, check] of Object.entries(all).filter(([, one]) => one.expect !== "ok"))
      expect(controlOf(mode, id, check)?.id).toBe(`${check.as}-right`);
  });
});
