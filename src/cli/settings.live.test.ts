// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the file
/** nats-sandbox.yaml and the commands: what the file says holds where no flag says otherwise, for every command alike. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";
import { loadedBy } from "../testing/loaded-modules.ts";

const READY = /Ctrl-C stops everything/;
const SECRET = "from-the-environment-1";

const SHOP = `
own:
  shop:
    aliases: [store]
    secrets: { app: { kind: password, user: ann, value: "\${SHOP_PASSWORD:-in-clear-in-the-file}" } }
    servers: { server: { users: [{ login: app }] } }
    clients: { app: { login: { user: $app.user, password: $app.password } } }
`;

/** One test runs up to a dozen commands. */
vi.setConfig({ testTimeout: 120_000 });

beforeAll(() => realServer());

function put(room: Room, text: string, file = "nats-sandbox.yaml"): void {
  writeFileSync(join(room.work, file), text);
}

async function modesOf(room: Room, args: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr } = await room.run(["check", "--json", ...args]);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout).servers.map(({ mode }: { mode: string }) => mode);
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe.concurrent("what is started", () => {
  it("is what the file selects, and what is named instead when something is", async () => {
    await using room = await openRoom("settings");
    put(room, `modes: [shop, open]${SHOP}`);
    expect(await modesOf(room, [])).toEqual(["open", "shop"]);
    expect(await modesOf(room, ["token"])).toEqual(["token"]);
    expect(await modesOf(room, ["store"])).toEqual(["shop"]);
    put(room, "modes: [token]", "other.yaml");
    expect(await modesOf(room, ["--config", "other.yaml"])).toEqual(["token"]);
    const unknown = await room.run(["check", "shop", "--config", "other.yaml"]);
    expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining('"shop"') });
  });

  it("is core when the file does not say, own modes not among it", async () => {
    await using room = await openRoom("settings");
    put(room, SHOP);
    const modes = await modesOf(room, []);
    expect(modes).toContain("tls-verify");
    expect(modes).not.toContain("shop");
    expect(await modesOf(room, ["all"])).toContain("shop");
  });
});

it("default checks pass where the mode is as it says, and fail where everyone gets in", async () => {
  await using room = await openRoom("settings");
  const file = (server: string) => `
modes: [all-by-token, by-certificate]
own:
  all-by-token:
    secrets: { app: { kind: token, hash: bcrypt } }
    servers: { server: ${server} }
    clients: { app: { login: { token: $app.token } } }
  by-certificate:
    certificates: { server: { profile: server }, app: { profile: client } }
    servers: { server: { params: { certificate: "@server.cert", key: "@server.key", ca: "@ca" } } }
    clients: { app: { trust: ca, present: app } }
`;
  put(room, file("{ template: token.conf, params: { token: $app.hash } }"));
  const good = await room.run(["check", "--json"]);
  const { totals, results } = JSON.parse(good.stdout);
  expect({ status: good.status, totals }).toMatchObject({ status: 0, totals: { pass: 8, fail: 0 } });
  const refused = results.filter((one: { expect: string }) => one.expect !== "ok");
  expect(refused.map((one: { id: string; got: string }) => `${one.id} ${one.got}`)).toEqual([
    "all-by-token/app-wrong login",
    "all-by-token/app-nothing login",
    "by-certificate/app-plaintext tls-required",
    "by-certificate/app-no-certificate client-cert-missing",
  ]);
  put(room, file("{ template: open.conf }"));
  const open = await room.run(["check", "--json"]);
  const failed = JSON.parse(open.stdout).results.filter((one: { verdict: string }) => one.verdict === "fail");
  expect(failed.map(({ id }: { id: string }) => id)).toEqual([
    "all-by-token/app-wrong",
    "all-by-token/app-nothing",
  ]);
});

it("a flag wins over the file, whatever its default is", async () => {
  await using room = await openRoom("settings");
  put(room, "engine: kubernetes\nname: ci\nmodes: [open]\n");
  const byFile = await room.run(["check", "--json"]);
  expect(JSON.parse(byFile.stdout).error.message).toContain("kubernetes");
  const byFlag = await room.run(["check", "--json", "--engine", "process"]);
  expect(JSON.parse(byFlag.stdout).engine).toBe("process");
  expect(await room.run(["check", "--json", "--engine", "auto"])).toMatchObject({ status: 0 });
});

it("how containers are run is that of the file, too, and a flag wins", async () => {
  await using room = await openRoom("settings");
  put(room, "docker: { alias: nats, pull: never }\nmodes: [open]\n");
  const none = { DOCKER_HOST: "unix:///no/docker.sock" };
  const error = async (...args: readonly string[]) =>
    JSON.parse((await room.run(["check", "--json", ...args], { env: none })).stdout).error.message;
  expect(await error()).toContain("an alias is a name in a network");
  expect(await error("--network", "x")).toBe("no Docker engine answers"); // chosen by what only containers have
  const processes = await room.run(["check", "--json", "--engine", "process"], { env: none });
  expect(JSON.parse(processes.stdout).engine).toBe("process");
  expect(await error("--engine", "process", "--network", "x")).toBe("the process engine runs no containers");
  put(room, "docker: { pull: often }\nmodes: [open]\n");
  expect(await error()).toMatch(/^nats-sandbox\.yaml:1:17: /);
});

it("the server, the hosts, the keys and the monitor are those of the file", async () => {
  await using room = await openRoom("settings");
  const { path, version } = await realServer();
  mkdirSync(join(room.work, "deploy/bin"), { recursive: true });
  symlinkSync(path, join(room.work, "deploy/bin/nats-server"));
  const lines = [
    "server: ./bin/nats-server",
    "hosts: [nats.example.test]",
    "keyType: p384",
    "monitor: true",
    "modes: [tls]",
    "name: ci",
  ];
  put(room, lines.join("\n"), "deploy/ci.yaml");
  const config = ["--config", "deploy/ci.yaml"];
  const up = await room
    .start(["up", "--json", ...config], { env: { NATS_SANDBOX_SERVER: undefined } })
    .says(/"skipped"/);
  const status = JSON.parse(up.stdout);
  expect(status).toMatchObject({ name: "ci", modes: [{ mode: "tls", servers: [{ version }] }] });
  expect(status.modes[0].servers[0].ports.monitor).toBeGreaterThan(0);
  expect(status.modes[0].checks).toMatchObject({ fail: 0, inconclusive: 0 });
  const certificate = await room.run(["certs", "inspect", "tls", "--server", ...config]);
  expect(certificate.stdout).toContain("nats.example.test");
  expect(certificate.stdout).toMatch(/P-384|secp384r1/);
  expect((await up.end("SIGTERM")).status).toBe(0);
});

it("a port that the file fixes is the one that is got, and a check that runs beside does without it", async () => {
  await using room = await openRoom("settings");
  const [one, other] = [await freePort(), await freePort()];
  put(room, `modes: [shop, open]\nports: { store: ${one}, open: { server: $OPEN_PORT } }${SHOP}`);
  const env = { OPEN_PORT: String(other) };
  const up = await room.start(["up"], { env }).says(READY);
  expect(up.stdout).toContain(`nats://localhost:${one}`);
  expect(up.stdout).toContain(`nats://localhost:${other}`);
  expect(await room.run(["check"], { env })).toMatchObject({ status: 0 });
  expect((await up.end("SIGTERM")).status).toBe(0);
});

it("an own mode is one to every command, and its secret is told by those alone that hand it out", async () => {
  await using room = await openRoom("settings");
  put(room, `name: ci\nmodes: [shop]${SHOP}`);
  const run = (...args: readonly string[]) => room.run(args, { env: { SHOP_PASSWORD: SECRET } });
  const up = await run("up", "--detach", "--verbose");
  expect(up.status).toBe(0);
  const processes = [...room.processes().values()].join("\n");
  const quiet = [
    up,
    await run("modes", "--json"),
    await run("config", "shop"),
    await run("status", "--json"),
    await run("logs"),
  ];
  for (const { status, stdout, stderr } of quiet) {
    expect({ status, told: `${stdout}${stderr}`.includes(SECRET) }).toEqual({ status: 0, told: false });
  }
  expect(processes).not.toContain(SECRET);
  expect((await run("modes")).stdout).toMatch(/^shop, store +\d+ checks/m);
  expect((await run("env", "store")).stdout).toContain(SECRET);
  expect((await run("config", "shop", "--reveal")).stdout).toContain(SECRET);
  expect((await run("exec", "shop", "--", process.execPath, "-p", "process.env.NATS_PASSWORD")).stdout).toBe(
    `${SECRET}\n`,
  );
  expect(await run("restart", "shop")).toMatchObject({ status: 0 });
  expect((await run("down")).stderr).toContain("ci is stopped");
  expect(await room.remaining()).toEqual([]);
});

it("a file that is wrong keeps nobody from stopping a sandbox by its name", async () => {
  await using room = await openRoom("settings");
  put(room, "name: ci\nmodes: [open]");
  expect(await room.run(["up", "--detach"])).toMatchObject({ status: 0 });
  put(room, "nam: ci");
  expect(await room.run(["down"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("did you mean name?"),
  });
  expect((await room.run(["down", "--name", "ci"])).stderr).toContain("ci is stopped");
});

describe.concurrent("JetStream", () => {
  const streams = async (room: Room) => {
    const { stdout } = await room.run(["check", "--json"]);
    return JSON.parse(stdout).results.filter(({ id }: { id: string }) => id.includes("/stream-")).length;
  };

  it.each(["true", "{ memory: 8MB, disk: 16MB }"])("is %s in the file", async (value) => {
    await using room = await openRoom("settings");
    put(room, `jetstream: ${value}\nmodes: [open]`);
    expect(await streams(room)).toBeGreaterThan(2);
  });

  it("is false in the file, and the flag brings it", async () => {
    await using room = await openRoom("settings");
    put(room, "jetstream: false\nmodes: [open]");
    expect(await streams(room)).toBe(0);
    expect((await room.run(["check", "--jetstream", "--json"])).stdout).toContain("/stream-");
  });
});

describe.concurrent("what reads the file", () => {
  const isHeavy = (url: string) => /^node_modules\/(zod|yaml)\//.test(url);

  it("is not loaded when there is none", async () => {
    await using room = await openRoom("settings");
    const loaded = await loadedBy(room, ["modes"]);
    expect(loaded.filter(isHeavy)).toEqual([]);
    expect(loaded).toContain("dist/config/load.js");
  });

  it("is loaded when there is one", async () => {
    await using room = await openRoom("settings");
    put(room, "");
    expect((await loadedBy(room, ["modes"])).filter(isHeavy)).not.toEqual([]);
  });
});
