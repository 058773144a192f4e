/** What lasts of a sandbox between its runs: ports that may be taken, private files, a folder of a later version. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { startSandbox } from "../sandbox.ts";
import { selectMode } from "../select.ts";
import {
  clientsGetIn,
  down,
  identityFile,
  lifeOf,
  nothingRuns,
  portOf,
  readIdentity,
  upDetached,
} from "../testing/cli-detached.ts";
import { eventually } from "../testing/cli-program.ts";
import { openRoom, realServer } from "../testing/cli-room.ts";
import { all, modeOf } from "../testing/state-home.ts";

vi.setConfig({ testTimeout: 120_000 }); // several lives each, many at once
beforeAll(() => realServer());

describe.concurrent("a port", () => {
  it("that is remembered and taken is another one, with a note that names the holder", async () => {
    await using room = await openRoom("port-taken");
    const told = await upDetached(room);
    await down(room);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(portOf(told), "127.0.0.1", resolve));
    try {
      const { status, stdout, stderr } = await room.run(["up", "-d", "open", "--json"]);
      expect(status).toBe(0);
      expect(stderr).toMatch(
        new RegExp(`port ${portOf(told)}, asked for by open/server, is taken, by process ${process.pid} `),
      );
      expect(portOf(JSON.parse(stdout))).not.toBe(portOf(told));
      await down(room);
      // From now on it is that one.
      expect(portOf(await upDetached(room))).toBe(portOf(JSON.parse(stdout)));
      await down(room);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it("that was taken while its server was down is another one after a restart, and that one is handed out", async () => {
    await using room = await openRoom("port-restart");
    const told = await upDetached(room);
    for (const pid of room.servers()) process.kill(pid, "SIGKILL");
    await eventually(() => room.servers().length === 0, "the server to end");
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(portOf(told), "127.0.0.1", resolve));
    try {
      const { status, stdout, stderr } = await room.run(["restart", "--json"]);
      const [port, { clients }] = [portOf(JSON.parse(stdout)), JSON.parse(stdout).modes[0]];
      expect({ status, same: port === portOf(told) }).toEqual({ status: 0, same: false });
      expect(clients.app.url).toBe(`nats://localhost:${port}`);
      expect(stderr).toContain(
        `open is at nats://localhost:${port} now: nats://localhost:${portOf(told)} was taken`,
      );
      expect(readFileSync(clients.app.envFile, "utf8")).toContain(`:${port}'`);
      expect(await clientsGetIn(told.dir)).toEqual([true]);
      expect(readIdentity(room, "open").ports.server.client).toBe(port);
      await down(room);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it("that a mode's data fix and that is taken is an error, 3, and nothing is left", async () => {
    await using room = await openRoom("port-fixed");
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { readonly port: number };
    try {
      const open = selectMode("open");
      const { server = { template: "" } } = open.servers;
      const fixed = { ...open, servers: { server: { ...server, ports: { client: port } } } };
      const { path } = await realServer();
      const options = { home: room.state, name: "fixed", server: path, identity: "lasting" } as const;
      const error = await startSandbox([fixed], options).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: "port-in-use",
        status: 3,
        detail: expect.stringContaining(String(process.pid)),
      });
      await nothingRuns(room);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});

describe.concurrent("what lasts", () => {
  it("is neither used nor touched by check and exec", async () => {
    await using room = await openRoom("untouched");
    await lifeOf(room, ["user-pass"]);
    const look = () => {
      const path = identityFile(room, "user-pass");
      return { text: readFileSync(path, "utf8"), at: statSync(path).mtimeMs, files: all(room.state) };
    };
    const before = look();
    expect((await room.run(["check", "user-pass"])).status).toBe(0);
    const { status, stdout } = await room.run([
      "exec",
      "user-pass",
      "--",
      "/bin/sh",
      "-c",
      'echo "$NATS_PASSWORD $NATS_URL"',
    ]);
    expect({ status, after: look() }).toEqual({ status: 0, after: before });
    const [password = "", url = ""] = stdout.trim().split(" ");
    expect(password.length).toBeGreaterThan(20);
    expect(before.text).not.toContain(password);
    expect(url).not.toContain(`:${readIdentity(room, "user-pass").ports.server.client}`);
  });

  it("is private, all of it, up or not, and no key of a CA is in it", async () => {
    await using room = await openRoom("private");
    const check = () => {
      const paths = all(room.state).map((file) => join(room.state, file));
      // Nothing secret is in the .gitignore, and git must read it.
      const open = paths.filter((path) => !/^[67]00$/.test(modeOf(path)) && !path.endsWith("/.gitignore"));
      expect(open).toEqual([]);
      const texts = paths.filter((path) => statSync(path).isFile()).map((path) => readFileSync(path, "utf8"));
      const pems = texts.flatMap(
        (text) =>
          text.replaceAll("\\n", "\n").match(/-----BEGIN ([A-Z ]+)-----[\s\S]*?-----END \1-----/g) ?? [],
      );
      const certificates = pems
        .filter((pem) => pem.includes("CERTIFICATE"))
        .map((pem) => new X509Certificate(pem));
      const authorities = certificates.filter(({ ca }) => ca).map(({ publicKey }) => spki(publicKey));
      const keys = pems
        .filter((pem) => pem.includes("PRIVATE KEY"))
        .map((pem) => spki(createPublicKey(createPrivateKey(pem))));
      expect([authorities.length > 2, keys.length > 2]).toEqual([true, true]);
      expect(keys.filter((key) => authorities.includes(key))).toEqual([]);
    };
    await upDetached(room, ["tls-verify", "tls-user-pass", "--monitor"]);
    check();
    await room.run(["certs", "renew"]);
    check();
    await down(room);
    check();
  });

  it("of a later version is refused with a clear word, and left alone", async () => {
    await using room = await openRoom("later");
    mkdirSync(join(room.state, "default/identity"), { recursive: true });
    writeFileSync(join(room.state, "default/.sandbox.json"), '{"schema":99,"name":"default"}\n');
    writeFileSync(join(room.state, "default/identity/open.json"), "precious");
    for (const args of [
      ["up", "open"],
      ["up", "-d", "open"],
      ["up", "open", "--fresh"],
      ["down", "--forget"],
    ]) {
      const { status, stdout } = await room.run([...args, "--json"]);
      const { error } = JSON.parse(stdout);
      expect({ status, code: error.code, message: error.message }, args.join(" ")).toEqual({
        status: 3,
        code: "state-unusable",
        message: `${join(room.state, "default")} was made by a later version of nats-sandbox`,
      });
      expect(error.detail).toContain("99");
    }
    expect((await room.run(["check", "open"])).status).toBe(0);
    expect(readdirSync(join(room.state, "default")).sort()).toEqual([".sandbox.json", "identity"]);
    expect(readFileSync(join(room.state, "default/identity/open.json"), "utf8")).toBe("precious");
    expect(await room.remaining()).toEqual([]);
  });
});

function spki(key: ReturnType<typeof createPublicKey>): string {
  return key.export({ type: "spki", format: "pem" }).toString();
}
