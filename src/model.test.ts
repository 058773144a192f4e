/** The compiler is the test: each line below `@ts-expect-error` must not compile, and `tsc --noEmit` says so when it does. */
import { expect, it } from "vitest";
import { defineMode } from "./model.ts";

const BASE = {
  name: "test",
  title: "Test",
  why: "It tests.",
  groups: ["core"],
  servers: { server: { template: "tls_verify.conf", params: { key: "@server.key", user: "$app.user" } } },
  certificates: { server: { profile: "server" }, app: { profile: "client" } },
  secrets: { app: { kind: "password", user: "app" } },
  clients: {
    app: { trust: "ca", present: "app", login: { user: "$app.user", password: "$app.password" } },
    other: { login: null },
  },
  checks: { right: { title: "in", as: "app", expect: "ok" } },
} as const;

it("takes a mode whose references all exist, and gives it back as it is", () => {
  const mode = defineMode({
    ...BASE,
    checks: {
      ...BASE.checks,
      wrong: { title: "out", as: "other", but: { present: "server" }, expect: "login" },
      swapped: { title: "out", as: "app", but: { login: { user: "$app.user:swapcase" } }, expect: "login" },
    },
    findings: {
      one: { title: "one", as: "app", driver: "nats.js", but: {}, means: { login: "is refused" } },
    },
  });
  expect(mode).toMatchObject(BASE);
  expect(Object.keys(mode.checks)).toEqual(["right", "wrong", "swapped"]);
});

const OTHER = { profile: "client" } as const;

it("does not compile with a name that is misspelt", () => {
  const check = { title: "out", as: "app", expect: "login" } as const;
  const modes = [
    // @ts-expect-error a check as a client that the mode has not
    defineMode({ ...BASE, checks: { wrong: { ...check, as: "ap" } } }),
    // @ts-expect-error a certificate that the mode has not
    defineMode({ ...BASE, checks: { wrong: { ...check, but: { present: "ap" } } } }),
    // @ts-expect-error a secret that the mode has not
    defineMode({ ...BASE, checks: { wrong: { ...check, but: { login: { user: "$ap.user" } } } } }),
    // @ts-expect-error a field that no secret has
    defineMode({ ...BASE, checks: { wrong: { ...check, but: { login: { user: "$app.usr" } } } } }),
    // @ts-expect-error a refusal that does not exist
    defineMode({ ...BASE, checks: { wrong: { ...check, expect: "logn" } } }),
    // @ts-expect-error a fault can never be expected
    defineMode({ ...BASE, checks: { wrong: { ...check, expect: "timeout" } } }),
    // @ts-expect-error a driver that does not exist
    defineMode({ ...BASE, checks: { wrong: { ...check, driver: "nats-js" } } }),
    // @ts-expect-error a slot of a client that does not exist
    defineMode({ ...BASE, checks: { wrong: { ...check, but: { presents: "app" } } } }),
    // @ts-expect-error a step that does not exist
    defineMode({ ...BASE, checks: { wrong: { ...check, step: { op: "conect" } } } }),
    // @ts-expect-error a client that shows a certificate that the mode has not
    defineMode({ ...BASE, clients: { app: { present: "ap" } } }),
    // @ts-expect-error a client that logs in with a secret that the mode has not
    defineMode({ ...BASE, clients: { app: { login: { token: "$tokn.token" } } } }),
    // @ts-expect-error a CA that nobody can be told to trust
    defineMode({ ...BASE, clients: { app: { trust: "stranger-ca" } } }),
    // @ts-expect-error every mode has a client `app`
    defineMode({ ...BASE, clients: { other: {} }, checks: {} }),
    // @ts-expect-error a certificate of a kind that there is not
    defineMode({ ...BASE, certificates: { ...BASE.certificates, server: { profile: "servr" } } }),
    // @ts-expect-error a fault that no certificate can have
    defineMode({ ...BASE, certificates: { server: { profile: "server", fault: "old" }, app: OTHER } }),
    // @ts-expect-error a group that there is not
    defineMode({ ...BASE, groups: ["cor"] }),
    defineMode({
      ...BASE,
      // @ts-expect-error a finding as a client that the mode has not
      findings: { one: { title: "one", as: "ap", driver: "nats.js", but: {}, means: {} } },
    }),
  ];
  expect(modes.length).toBe(17);
});
