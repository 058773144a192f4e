import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import type { Connection } from "../model.ts";
import { natscliSecret } from "../secrets.ts";
import { randomTexts } from "../testing/random-texts.ts";
import { LANGUAGES, type LanguageName } from "./languages.ts";
import { snippet } from "./snippet.ts";

const PLAIN: Connection = { url: "nats://localhost:4222", transport: "nats" };
const NASTY = "a'b\"c$d`e\\f !%>\u2028";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "snippet-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A login and files, as everything that quoting can get wrong. */
function connectionWith(text: string): readonly [Connection, object] {
  const connection = {
    url: "tls://localhost:1",
    transport: "nats",
    login: { user: text, password: `p${text}` },
    inboxPrefix: `_${text}`,
    tls: { ca: "PEM" },
  } as const;
  return [connection, { ca: `/ca${text}`, cert: `/cert${text}`, key: `/key${text}` }];
}

describe("javascript", () => {
  /** The options that the program gives to the client, which is a stand-in that ends it there. */
  function optionsOf(...given: Parameters<typeof snippet> extends [unknown, ...infer Rest] ? Rest : never) {
    const client = join(dir, "node_modules/@nats-io/transport-node");
    mkdirSync(client, { recursive: true });
    writeFileSync(join(client, "package.json"), `{"type":"module","exports":"./index.js"}`);
    writeFileSync(
      join(client, "index.js"),
      "export function connect(options) { process.stdout.write(JSON.stringify(options)); process.exit(); }",
    );
    writeFileSync(join(dir, "hello.mjs"), snippet("javascript", ...given));
    return JSON.parse(execFileSync(process.execPath, [join(dir, "hello.mjs")], { encoding: "utf8" }));
  }

  it.each([NASTY, ...randomTexts(2)])("gives the client every value as it is: %j", (text) => {
    const [connection, files] = connectionWith(text);
    expect(optionsOf(connection, files)).toMatchObject({
      servers: "tls://localhost:1",
      user: text,
      pass: `p${text}`,
      inboxPrefix: `_${text}`,
      tls: { caFile: `/ca${text}`, certFile: `/cert${text}`, keyFile: `/key${text}` },
    });
  });

  it("gives up at once when refused, and dials nobody it was not told of", () => {
    const options = optionsOf(PLAIN, {});
    expect(options).toEqual({
      servers: PLAIN.url,
      ignoreClusterUpdates: true,
      reconnect: false,
      timeout: 5000,
    });
  });

  it("demands TLS by option wherever the URL does: nats.js ignores the scheme", () => {
    expect(optionsOf({ ...PLAIN, url: "tls://localhost:1" }, {})).toMatchObject({ tls: {} });
  });

  it("takes a login out of a URL, where nats.js would not look for it", () => {
    const options = optionsOf({ ...PLAIN, url: "nats://t%40@localhost:1" }, {});
    expect(options).toMatchObject({ servers: "nats://localhost:1", token: "t@" });
  });
});

describe("cli", () => {
  /** How the program calls `nats`, which is a stand-in. */
  function callOf(...given: Parameters<typeof snippet> extends [unknown, ...infer Rest] ? Rest : never) {
    const nats = join(dir, "nats");
    const show = "console.log(JSON.stringify([process.argv.slice(2), process.env]))";
    writeFileSync(nats, `#!${process.execPath}\n${show}`);
    chmodSync(nats, 0o700);
    writeFileSync(join(dir, "hello.sh"), snippet("cli", ...given));
    const { stdout, stderr } = spawnSync("sh", ["-eu", join(dir, "hello.sh")], {
      encoding: "utf8",
      env: { PATH: `${dir}:/usr/bin:/bin` },
    });
    expect(stderr).toBe("");
    const [told = "", ...rest] = stdout.split("\n");
    expect(rest).toEqual(["connected", ""]);
    const [args, env] = JSON.parse(told) as [readonly string[], Readonly<Record<string, string>>];
    return { args, env };
  }

  it.each([NASTY, ...randomTexts(2)])("calls nats with every value as it is: %j", (text) => {
    const [connection] = connectionWith(text);
    const plain = text.replaceAll("$", ""); // which the CLI takes for a variable's, in a path
    const files = { ca: `/ca${plain}`, cert: `/cert${plain}`, key: `/key${plain}` };
    const { args, env } = callOf(connection, files);
    expect(args).toEqual([
      "--no-context",
      ...["--server", "tls://localhost:1"],
      ...["--tlsca", files.ca, "--tlscert", files.cert, "--tlskey", files.key],
      ...["--inbox-prefix", `_${text}`],
      ...["pub", "hello", "world"],
    ]);
    expect(env).toMatchObject({ NATS_USER: text, NATS_PASSWORD: `p${text}` });
  });

  it.each([false, true])("keeps every secret out of the arguments (in the URL: %s)", (loginInUrl) => {
    for (const login of [{ user: "u", password: "hush" }, { token: "hush" }]) {
      const { args, env } = callOf({ ...PLAIN, login }, {}, { loginInUrl });
      expect(args.join(" ")).not.toContain("hush");
      expect(Object.values(env).join(" ")).toContain("hush");
      if (loginInUrl) expect(env.NATS_URL).toMatch(/^nats:\/\/(u:)?hush@localhost:4222$/);
    }
  });

  it.each(["env://HOME", "file:///etc/hostname", "data:;base64,eA=="])(
    "has the secret %s not looked up",
    (secret) => {
      const given = { env: { NATS_PASSWORD: natscliSecret(secret) } };
      expect(given.env.NATS_PASSWORD).not.toBe(secret);
      expect(callOf({ ...PLAIN, login: { user: "u", password: secret } }, {})).toMatchObject(given);
      expect(callOf({ ...PLAIN, login: { token: secret } }, {}).env.NATS_TOKEN).toBe(natscliSecret(secret));
    },
  );

  it("is not written for files that the CLI would not find", () => {
    expect(() => snippet("cli", PLAIN, { ca: "/a$b/ca.pem" })).toThrow(
      expect.objectContaining({ code: "state-unusable", detail: expect.stringContaining("/a$b/ca.pem") }),
    );
    expect(snippet("go", PLAIN, { ca: "/a$b/ca.pem" })).toContain('"/a$b/ca.pem"');
  });

  it("needs no more than the address of an open server", () => {
    expect(snippet("cli", PLAIN, {})).not.toContain("NATS_");
    expect(callOf(PLAIN, {}).args).toEqual(["--no-context", "--server", PLAIN.url, "pub", "hello", "world"]);
  });
});

/** TLS by URL, by what is to be trusted, by what is shown; and none. */
const TLS: readonly (readonly [Connection, object])[] = [
  [{ ...PLAIN, url: "tls://localhost:1" }, {}],
  [{ ...PLAIN, tls: { ca: "PEM" } }, { ca: "/ca" }],
  [
    { ...PLAIN, tls: { ca: "PEM", present: { chain: "PEM", key: "PEM" } } },
    { ca: "/ca", cert: "/cert", key: "/key" },
  ],
];
const DEMANDS: Readonly<Record<Exclude<LanguageName, "cli">, readonly string[]>> = {
  javascript: ["  tls: {\n"],
  typescript: ["  tls: {\n"],
  go: ["nats.Secure()"],
  python: ['info.get("tls_required")', "tls=tls,", "ssl.create_default_context("],
  java: [".sslContext(tls())", "checkingNames("],
  rust: [".require_tls(true)"],
  c: ["natsOptions_SetSecure(options, true)"],
  csharp: ["TlsOpts = new NatsTlsOpts", "Mode = TlsMode.Require,"],
  ruby: ["context.set_params(\n", "tls: { context: context },"],
};

test.each(Object.entries(DEMANDS))(
  "%s demands TLS where the connection does, and only there",
  (name, lines) => {
    const language = name as LanguageName;
    for (const line of lines) {
      for (const [connection, files] of TLS) expect(snippet(language, connection, files)).toContain(line);
      expect(snippet(language, { ...PLAIN, login: { user: "u", password: "p" } }, {})).not.toContain(line);
    }
  },
);

test.each([
  ["csharp", ['CaFile = "/ca",', 'CertFile = "/cert",', 'KeyFile = "/key",']],
  ["ruby", ["ca_file: '/ca',", "Certificate.new(File.read('/cert'))", "PKey.read(File.read('/key'))"]],
] as const)("%s reads the files that it was given, and no others", (language, [ca, ...own]) => {
  const [byUrl, trusting, showing] = TLS.map((given) => snippet(language, ...given));
  for (const line of [ca, ...own]) {
    expect(byUrl).not.toContain(line);
    expect(showing).toContain(line);
  }
  expect(trusting).toContain(ca);
  for (const line of own) expect(trusting).not.toContain(line);
});

test("python looks first at an address without the brackets of its URL", () => {
  const connection = { ...PLAIN, url: "tls://[::1]:4222" };
  const code = snippet("python", connection, {});
  expect(code).toContain('asyncio.open_connection("::1", 4222)');
  expect(code).toContain('"tls://[::1]:4222"');
});

test("a login in a URL goes only where the client reads it as it is", () => {
  const written = (language: LanguageName, password: string) =>
    snippet(language, { ...PLAIN, login: { user: "u", password } }, {}, { loginInUrl: true });
  expect(written("python", "plain")).toContain('"nats://u:plain@localhost:4222"');
  expect(written("go", "p%q")).toContain('"nats://u:p%25q@localhost:4222"');
  for (const [language, password] of [
    ["python", "p%q"],
    ["ruby", "p@q"],
    ["rust", "plain"],
  ] as const)
    expect(() => written(language, password)).toThrow(expect.objectContaining({ code: "usage" }));
});

test.each(Object.keys(LANGUAGES) as LanguageName[])("%s has no blank or broken line", (language) => {
  for (const [connection, files] of [connectionWith("x"), [PLAIN, {}] as const]) {
    const code = snippet(language, connection, files);
    expect(code).not.toMatch(/undefined|[ \t]\n|<%|%>/);
    expect(code).not.toMatch(language === "python" ? /\n{4}/ : /\n{3}/); // PEP 8 has two between functions
    expect(code).toMatch(/[^\n]\n$/);
  }
});
