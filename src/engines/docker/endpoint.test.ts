/** Where an engine is looked for, by environment, contexts and config of Docker. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { SandboxError } from "../../errors.ts";
import { endpointsOf } from "./endpoint.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "nats-sandbox-endpoint-"));
});
afterEach(() => rmSync(home, { recursive: true }));

function put(path: string, content: string | object): void {
  const at = join(home, path);
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, typeof content === "string" ? content : JSON.stringify(content));
}

function putContext(name: string, docker: object, tls: Readonly<Record<string, string>> = {}): void {
  const id = createHash("sha256").update(name).digest("hex");
  put(`.docker/contexts/meta/${id}/meta.json`, { Name: name, Endpoints: { docker } });
  for (const [file, text] of Object.entries(tls)) put(`.docker/contexts/tls/${id}/docker/${file}`, text);
}

const find = (env: NodeJS.ProcessEnv = {}, platform: NodeJS.Platform = "linux") =>
  endpointsOf({ HOME: home, ...env }, platform);

function errorOf(env: NodeJS.ProcessEnv): SandboxError {
  try {
    find(env);
  } catch (error) {
    if (error instanceof SandboxError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

const PEMS = { "ca.pem": "the CA", "cert.pem": "the certificate", "key.pem": "the key" };
const READ = { ca: "the CA", cert: "the certificate", key: "the key" };

describe("DOCKER_HOST", () => {
  test.each([
    ["unix:///run/my.sock", "unix:///run/my.sock"],
    ["tcp://10.0.0.1:2375", "tcp://10.0.0.1:2375"],
    ["tcp://[fd00::1]:2375", "tcp://[fd00::1]:2375"],
    ["10.0.0.1:2375", "tcp://10.0.0.1:2375"],
    ["ssh://ann@host:22/run/docker.sock", "ssh://ann@host:22/run/docker.sock"],
    ["npipe:////./pipe/docker_engine", "npipe:////./pipe/docker_engine"],
  ])("%s is one place to look at", (DOCKER_HOST, url) => {
    putContext("other", { Host: "unix:///other.sock" });
    put(".docker/config.json", { currentContext: "other" });
    expect(find({ DOCKER_HOST, DOCKER_CONTEXT: "other" })).toEqual([{ source: "DOCKER_HOST", url }]);
  });

  test.each([
    "unix://",
    "tcp://",
    "tcp://ann@host:2375",
    "tcp://host:2375?x=1",
    "tcp://host:port",
    "http://host:2375",
    "ftp://host",
  ])("%s is no address, which is said", (DOCKER_HOST) => {
    expect(errorOf({ DOCKER_HOST })).toMatchObject({
      code: "engine-unavailable",
      message: expect.stringContaining("is not the address of a Docker engine"),
      detail: "DOCKER_HOST says so",
    });
  });

  it("with a password in it is refused without quoting that", () => {
    const error = errorOf({ DOCKER_HOST: "ssh://ann:hunter2@host" });
    expect(JSON.stringify([error.message, error.detail, error.fix])).not.toContain("hunter2");
    expect(error.message).toContain("ssh://…@host");
  });
});

describe("TLS of a tcp address", () => {
  const DOCKER_HOST = "tcp://host:2376";

  it("comes from DOCKER_CERT_PATH, verified with DOCKER_TLS_VERIFY", () => {
    for (const [name, text] of Object.entries(PEMS)) put(`pems/${name}`, text);
    const env = { DOCKER_HOST, DOCKER_CERT_PATH: join(home, "pems") };
    expect(find({ ...env, DOCKER_TLS_VERIFY: "1" })[0]?.tls).toEqual({ ...READ, verify: true });
    expect(find(env)[0]?.tls).toEqual({ ...READ, verify: false });
  });

  it("comes from Docker's folder where nobody says another one", () => {
    put("elsewhere/ca.pem", "the CA");
    const env = { DOCKER_HOST, DOCKER_TLS_VERIFY: "1", DOCKER_CONFIG: join(home, "elsewhere") };
    expect(find(env)[0]?.tls).toEqual({ ca: "the CA", cert: undefined, key: undefined, verify: true });
  });

  it("is no business of a socket", () => {
    expect(find({ DOCKER_HOST: "unix:///run/my.sock", DOCKER_TLS_VERIFY: "1" })).toEqual([
      { source: "DOCKER_HOST", url: "unix:///run/my.sock" },
    ]);
  });

  it("cannot be verified without a CA", () => {
    expect(errorOf({ DOCKER_HOST, DOCKER_TLS_VERIFY: "1" })).toMatchObject({
      message: "the Docker engine cannot be verified",
      detail: expect.stringContaining(join(home, ".docker/ca.pem")),
      fix: expect.stringContaining("DOCKER_CERT_PATH"),
    });
  });
});

describe("a context", () => {
  it("is the one of DOCKER_CONTEXT, else the current one", () => {
    putContext("one", { Host: "unix:///one.sock" });
    putContext("two", { Host: "ssh://two" });
    put(".docker/config.json", { currentContext: "one" });
    expect(find()).toEqual([{ source: 'the Docker context "one"', url: "unix:///one.sock" }]);
    expect(find({ DOCKER_CONTEXT: "two" })).toEqual([
      { source: 'the Docker context "two"', url: "ssh://two" },
    ]);
  });

  it("brings its own TLS files along", () => {
    putContext("far", { Host: "tcp://far:2376" }, PEMS);
    expect(find({ DOCKER_CONTEXT: "far" })[0]?.tls).toEqual({ ...READ, verify: true });
  });

  it("may say that any certificate will do", () => {
    putContext("far", { Host: "tcp://far:2376", SkipTLSVerify: true });
    expect(find({ DOCKER_CONTEXT: "far" })[0]?.tls).toMatchObject({ ca: undefined, verify: false });
  });

  it("has no TLS when there is nothing to do it with", () => {
    putContext("far", { Host: "tcp://far:2375", SkipTLSVerify: false });
    expect(find({ DOCKER_CONTEXT: "far" })).toEqual([
      { source: 'the Docker context "far"', url: "tcp://far:2375" },
    ]);
  });

  it("that does not exist is told, with who names it and how to undo that", () => {
    expect(errorOf({ DOCKER_CONTEXT: "nowhere" })).toMatchObject({
      message: 'there is no Docker context "nowhere"',
      detail: expect.stringMatching(/^DOCKER_CONTEXT names it, and there is no \/.*meta\.json$/),
      fix: expect.stringContaining("unset DOCKER_CONTEXT"),
    });
    put(".docker/config.json", { currentContext: "gone" });
    expect(errorOf({})).toMatchObject({
      detail: expect.stringContaining(join(home, ".docker/config.json")),
      fix: expect.stringContaining("docker context use default"),
    });
  });

  it("called default is none: the usual sockets", () => {
    putContext("one", { Host: "unix:///one.sock" });
    put(".docker/config.json", { currentContext: "one" });
    expect(find({ DOCKER_CONTEXT: "default" }).length).toBeGreaterThan(5);
  });
});

describe("Docker's config", () => {
  it("is where DOCKER_CONFIG says", () => {
    put(".docker/config.json", { currentContext: "gone" });
    put("elsewhere/config.json", {});
    expect(find({ DOCKER_CONFIG: join(home, "elsewhere") }).length).toBeGreaterThan(5);
  });

  it("that is no JSON is told without quoting it", () => {
    put(".docker/config.json", '{"auths": {"a": "hunter2"');
    const error = errorOf({});
    expect(error).toMatchObject({ message: expect.stringContaining("config.json cannot be read") });
    expect(JSON.stringify([error.detail, error.fix])).not.toContain("hunter2");
  });
});

describe("the usual sockets", () => {
  const urls = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform) =>
    find(env, platform).map(({ url }) => url);

  it("begin with Docker's own, on Linux and macOS", () => {
    expect(urls({}, "linux")[0]).toBe("unix:///var/run/docker.sock");
    expect(urls({}, "darwin")[0]).toBe("unix:///var/run/docker.sock");
  });

  it("are those of rootless engines, desktops and Podman, too", () => {
    const found = urls({ XDG_RUNTIME_DIR: "/run/user/7" }, "linux");
    expect(found).toEqual(
      expect.arrayContaining([
        "unix:///run/user/7/docker.sock",
        "unix:///run/user/7/podman/podman.sock",
        `unix://${home}/.docker/desktop/docker.sock`,
        `unix://${home}/.docker/run/docker.sock`,
        `unix://${home}/.colima/default/docker.sock`,
        `unix://${home}/.orbstack/run/docker.sock`,
        `unix://${home}/.rd/docker.sock`,
      ]),
    );
    expect(new Set(found).size).toBe(found.length);
  });

  it("are a pipe on Windows", () => {
    expect(urls({}, "win32")).toEqual(["npipe:////./pipe/docker_engine"]);
  });
});
