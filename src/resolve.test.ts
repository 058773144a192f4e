import { describe, expect, it, test } from "vitest";
import type { ClientSpec, Mode } from "./model.ts";
import { type Material, resolveConnection, resolveLogin, resolveServer, secretValue } from "./resolve.ts";
import { randomTexts } from "./testing/random-texts.ts";
import { parseUrl } from "./wire/url.ts";

const NASTY = "p@s:/?#[w]%2F$&+ 'o\"r\\d=é😀";

const material: Material = {
  secrets: {
    app: { user: "app", password: "Hush1", hash: "$2a$04$hash" },
    nasty: { user: "a:p/p", password: NASTY },
    token: { token: "Token1" },
    odd: { token: NASTY },
  },
  pairs: {
    app: { chain: "chain of app", key: "key of app" },
    other: { chain: "chain of other", key: "key of other" },
    "with-dash": { chain: "chain of with-dash", key: "key of with-dash" },
  },
  trust: (name) => `PEM of ${name}`,
};

const right = { user: "$app.user", password: "$app.password" } as const;

function modeWith(app: ClientSpec, more: Readonly<Record<string, ClientSpec>> = {}): Mode {
  return {
    name: "test",
    title: "",
    why: "",
    groups: [],
    servers: {},
    clients: { app, ...more },
    checks: {},
  };
}

const PORTS: Readonly<Record<string, number>> = { server: 4001, other: 4002 };

function resolve(app: ClientSpec, but: ClientSpec = {}, client = "app") {
  const mode = modeWith(app, { second: { login: { token: "$token.token" }, server: "other" } });
  return resolveConnection(mode, material, client, but, (server) => ({
    host: "127.0.0.1",
    port: PORTS[server] ?? 0,
  }));
}

const PLAIN = { url: "nats://localhost:4001", transport: "nats" };

describe("a connection", () => {
  it("of a client with nothing is a plain URL", () => {
    expect(resolve({})).toEqual(PLAIN);
  });

  it("carries the login as options", () => {
    expect(resolve({ login: right })).toEqual({ ...PLAIN, login: { user: "app", password: "Hush1" } });
    expect(resolve({}, {}, "second")).toEqual({
      ...PLAIN,
      url: "nats://localhost:4002",
      login: { token: "Token1" },
    });
  });

  it("goes to the server that the client or its twin names", () => {
    expect(resolve({ server: "other" }).url).toBe("nats://localhost:4002");
    expect(resolve({ server: "other" }, { server: "server" }).url).toBe("nats://localhost:4001");
  });

  it("carries the prefix of its inboxes", () => {
    expect(resolve({ inboxPrefix: "_INBOX_app" })).toEqual({ ...PLAIN, inboxPrefix: "_INBOX_app" });
  });

  it("holds PEM texts where the client has certificates", () => {
    expect(resolve({ trust: "ca", present: "app" })).toEqual({
      url: "tls://localhost:4001",
      transport: "nats",
      tls: { ca: "PEM of ca", present: { chain: "chain of app", key: "key of app" } },
    });
  });

  test.each([
    ["a client that the mode has not", () => resolve({}, {}, "nobody"), /has no client nobody/],
    ["a certificate that was not made", () => resolve({ present: "ghost" }), /no certificate ghost/],
    [
      "a secret that was not made",
      () => resolve({ login: { token: "$ghost.token" } }),
      /no secret \$ghost\.token/,
    ],
    [
      "a field that the secret has not",
      () => resolve({ login: { token: "$app.token" } }),
      /no secret \$app\.token/,
    ],
  ])("cannot be made of %s", (_, make, why) => {
    expect(make).toThrow(expect.objectContaining({ code: "bug" }));
    expect(make).toThrow(why);
  });
});

describe("the twin", () => {
  const app = { login: right, trust: "ca", present: "app" } as const;

  test.each<[string, ClientSpec, object]>([
    ["another login", { login: { token: "$token.token" } }, { login: { token: "Token1" } }],
    [
      "another certificate",
      { present: "other" },
      { tls: { ca: "PEM of ca", present: material.pairs.other } },
    ],
    ["another CA", { trust: "stranger" }, { tls: { ca: "PEM of stranger", present: material.pairs.app } }],
    [
      "the CA of the same name",
      { trust: "twin-ca" },
      { tls: { ca: "PEM of twin-ca", present: material.pairs.app } },
    ],
    ["another name", { verifyAs: "x.test" }, { tls: { ...resolve(app).tls, verifyAs: "x.test" } }],
    ["another address", { verifyAs: "127.0.0.2" }, { tls: { ...resolve(app).tls, verifyAs: "127.0.0.2" } }],
    ["a lower version", { maxVersion: "TLSv1.1" }, { tls: { ...resolve(app).tls, maxVersion: "TLSv1.1" } }],
    ["another server", { server: "other" }, { url: "tls://localhost:4002" }],
    ["other inboxes", { inboxPrefix: "_IN" }, { inboxPrefix: "_IN" }],
  ])("differs by %s, and by nothing else", (_, but, difference) => {
    expect(resolve(app, but)).toEqual({ ...resolve(app), ...difference });
  });

  it("has nothing where null takes it away", () => {
    const { login: _login, ...without } = resolve(app);
    expect(resolve(app, { login: null })).toEqual(without);
    expect(resolve(app, { present: null }).tls).toEqual({ ca: "PEM of ca" });
    expect(resolve(app, { trust: null }).tls).toEqual({ present: material.pairs.app });
    expect(resolve({ trust: "ca" }, { trust: null })).toEqual({
      url: "tls://localhost:4001",
      transport: "nats",
    });
  });

  it("replaces the login whole: a slot that it does not name is not sent", () => {
    expect(resolve(app, { login: { user: "$app.user" } }).login).toEqual({ user: "app" });
    expect(resolve(app, { login: { user: "$app.user", password: "" } }).login).toEqual({
      user: "app",
      password: "",
    });
  });

  it("leaves the mode's own client as it was", () => {
    const before = resolve(app);
    resolve(app, { login: null, present: null, trust: null });
    expect(resolve(app)).toEqual(before);
  });
});

test.each<[string, ClientSpec, "nats:" | "tls:"]>([
  ["no trust", {}, "nats:"],
  ["a CA to trust", { trust: "ca" }, "tls:"],
  ["the default trust store", { trust: null }, "tls:"],
  ["told to demand TLS", { tls: "demand" }, "tls:"],
  ["told to demand TLS by an option", { tls: "demand-by-option" }, "nats:"],
  ["told never to use TLS", { trust: "ca", tls: "never" }, "nats:"],
  ["a CA, and an option", { trust: "ca", tls: "demand-by-option" }, "nats:"],
])("the scheme for a client with %s is right, and the policy is passed on", (_, spec, scheme) => {
  const connection = resolve(spec);
  expect(new URL(connection.url).protocol).toBe(scheme);
  expect(connection.tls?.policy).toBe(spec.tls);
});

describe("a login in the URL", () => {
  const inUrl = (login: ClientSpec["login"]) => resolve({ ...(login && { login }), loginIn: "url" });

  it("stands there alone, percent-encoded", () => {
    expect(inUrl(right)).toEqual({ ...PLAIN, url: "nats://app:Hush1@localhost:4001" });
    expect(inUrl({ token: "$token.token" })).toEqual({ ...PLAIN, url: "nats://Token1@localhost:4001" });
    expect(inUrl({ user: "$nasty.user", password: "$nasty.password" }).url).toBe(
      "nats://a%3Ap%2Fp:p%40s%3A%2F%3F%23%5Bw%5D%252F%24%26%2B%20%27o%22r%5Cd%3D%C3%A9%F0%9F%98%80@localhost:4001",
    );
  });

  it("is none where the client has none", () => {
    expect(inUrl(undefined)).toEqual(PLAIN);
    expect(resolve({ login: right, loginIn: "url" }, { login: null })).toEqual(PLAIN);
  });

  it("is read back by the probe, whatever its characters", () => {
    for (const value of [NASTY, ...randomTexts(300)]) {
      const secrets = { any: { user: `u${value}`, password: value }, one: { token: value } };
      const urlFor = (login: ClientSpec["login"]) =>
        resolveConnection(
          modeWith({ ...(login && { login }), loginIn: "url" }),
          { ...material, secrets },
          "app",
          {},
          () => ({ host: "127.0.0.1", port: 4001 }),
        ).url;
      const where = { host: "localhost", port: 4001, tls: false };
      const both = parseUrl(urlFor({ user: "$any.user", password: "$any.password" }));
      expect(both, JSON.stringify(value)).toEqual({
        ...where,
        login: { user: `u${value}`, password: value },
      });
      const lone = parseUrl(urlFor({ token: "$one.token" }));
      expect(lone, JSON.stringify(value)).toEqual({ ...where, login: { token: value } });
    }
  });
});

describe("the values behind names", () => {
  it("are the fields of a secret, or the same in the other case", () => {
    expect(secretValue(material.secrets, "$app.password")).toBe("Hush1");
    expect(secretValue(material.secrets, "$app.hash")).toBe("$2a$04$hash");
    expect(secretValue(material.secrets, "$app.user:swapcase")).toBe("APP");
    expect(secretValue(material.secrets, "$token.token:swapcase")).toBe("tOKEN1");
  });

  it("of a login are its slots, and none of nothing", () => {
    expect(resolveLogin(material.secrets, undefined)).toBeUndefined();
    expect(resolveLogin(material.secrets, {})).toEqual({});
    expect(resolveLogin(material.secrets, { user: "", token: "$odd.token" })).toEqual({
      user: "",
      token: NASTY,
    });
  });
});

describe("a server's files", () => {
  it("are named after the certificates, and the template gets their paths where the server sees them", () => {
    const files = { certificate: "@with-dash.cert", key: "@with-dash.key", ca: "@ca" } as const;
    const params = { ...files, user: "$app.user", password: "$app.hash" } as const;
    expect(resolveServer(material, { params }, "/data")).toEqual({
      values: {
        certificate: "/data/with-dash.pem",
        key: "/data/with-dash-key.pem",
        ca: "/data/ca.pem",
        user: "app",
        password: "$2a$04$hash",
      },
      users: [],
      files: {
        "with-dash.pem": { text: "chain of with-dash", secret: false },
        "with-dash-key.pem": { text: "key of with-dash", secret: true },
        "ca.pem": { text: "PEM of ca", secret: false },
      },
    });
  });

  it("do not exist for a certificate that was not made", () => {
    expect(() => resolveServer(material, { params: { key: "@ghost.key" } }, "/data")).toThrow(
      /no certificate ghost/,
    );
  });
});
