/** A sandbox that comes up again is the same one: ports, credentials, certificates; what makes it another one, and what must not. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { createPki } from "../pki/pki.ts";
import { selectMode } from "../select.ts";
import {
  clientsGetIn,
  differing,
  handedOut,
  identityFile,
  keepers,
  lifeOf,
  readIdentity,
  upDetached,
} from "../testing/cli-detached.ts";
import { openRoom, type Room, realServer } from "../testing/cli-room.ts";

const MODES = ["tls-verify", "user-pass-bcrypt"];

vi.setConfig({ testTimeout: 120_000 }); // several lives each, many at once
beforeAll(() => realServer());

describe.concurrent("up again", () => {
  it("has the same ports, credentials, CA and certificates, detached or not", async () => {
    await using room = await openRoom("again");
    const first = await lifeOf(room, MODES);
    expect(
      Object.keys(first).filter((key) => /ca\.pem|key\.pem|\.env|^url/.test(key)).length,
    ).toBeGreaterThan(5);
    expect(await lifeOf(room, MODES)).toEqual(first);
    const up = await room.start(["up", ...MODES, "--json"]).says(/^}$/m);
    expect(handedOut(JSON.parse(up.stdout))).toEqual(first);
    expect((await up.end("SIGINT")).status).toBe(0);
    expect(await lifeOf(room, MODES)).toEqual(first);
  });

  it("has them too after a restart, renewed certificates, and a death", async () => {
    await using room = await openRoom("again-renewed");
    await lifeOf(room, MODES);
    const told = await upDetached(room, MODES);
    const before = handedOut(told);
    expect((await room.run(["certs", "renew"])).status).toBe(0);
    const renewed = handedOut(told);
    expect(
      differing(before, renewed)
        .map((file) => file.split("/").at(-1))
        .sort(),
    ).toEqual(["ca.pem", "cert.pem", "key.pem"]);
    expect(await clientsGetIn(told.dir)).toEqual([true, true]);
    expect((await room.run(["restart"])).status).toBe(0);
    expect(handedOut(told)).toEqual(renewed);
    for (const pid of keepers(room)) process.kill(pid, "SIGKILL");
    expect(await room.remaining()).toEqual([]);
    expect(await lifeOf(room, MODES)).toEqual(renewed);
  });

  it("with --fresh has others, and so from then on", async () => {
    await using room = await openRoom("again-fresh");
    const first = await lifeOf(room, MODES);
    const second = await lifeOf(room, [...MODES, "--fresh"]);
    // A client's connection.json of the mode with a certificate alone may hold nothing but its URL.
    expect(differing(first, second)).toEqual(Object.keys(first));
    expect(await lifeOf(room, MODES)).toEqual(second);
  });

  it("with --fresh of one mode has the same for the others", async () => {
    await using room = await openRoom("again-fresh-one");
    const first = await lifeOf(room, ["token", "tls"]);
    await lifeOf(room, ["tls", "--fresh"]);
    const changed = differing(first, await lifeOf(room, ["token", "tls"]));
    expect(changed.filter((file) => file.includes("tls")).length).toBeGreaterThan(0);
    expect(changed.filter((file) => file.includes("token"))).toEqual([]);
  });

  it.each([
    ["another host", ["--host", "nats.example.test"]],
    ["another kind of key", ["--key-type", "p384"]],
  ])("with %s has other certificates, and the old ones are not good enough", async (_, args) => {
    await using room = await openRoom("again-other");
    const first = await lifeOf(room, ["tls-verify"]);
    const second = await lifeOf(room, ["tls-verify", ...args]);
    const changed = differing(first, second).map((file) => file.split("/").at(-1));
    expect(changed).toEqual(expect.arrayContaining(["ca.pem", "cert.pem", "key.pem"]));
    expect(await lifeOf(room, ["tls-verify", ...args])).toEqual(second);
  });

  it("with one mode more, or less, has the same for the others", async () => {
    await using room = await openRoom("again-more");
    const first = await lifeOf(room, ["tls"]);
    const more = await lifeOf(room, ["tls", "token"]);
    expect(more).toMatchObject(first);
    expect(await lifeOf(room, ["token"])).toEqual(
      Object.fromEntries(Object.entries(more).filter(([key]) => key.includes("token"))),
    );
    expect(await lifeOf(room, ["tls"])).toEqual(first);
  });
});

describe.concurrent("an identity that is no good", () => {
  const SPOIL: Readonly<Record<string, (room: Room) => void | Promise<void>>> = {
    "is half written": (room) => {
      const text = readFileSync(identityFile(room, "tls-verify"), "utf8");
      writeFileSync(identityFile(room, "tls-verify"), text.slice(0, text.length / 2));
    },
    "is of a later schema": (room) => write(room, { ...readIdentity(room, "tls-verify"), schema: 99 }),
    "has a broken CA": (room) => write(room, { ...readIdentity(room, "tls-verify"), trust: { ca: "-" } }),
    "has certificates of a year ago": async (room) => {
      const pki = await createPki({ now: new Date(Date.now() - 365 * 24 * 3600 * 1000) });
      const recipes = Object.entries(selectMode("tls-verify").certificates ?? {});
      const pairs = await Promise.all(
        recipes.map(async ([name, recipe]) => [name, await pki.issue(name, recipe)]),
      );
      const names = ["ca", "stranger", "twin-ca"] as const;
      const trust = Object.fromEntries(names.map((name) => [name, pki.trust(name)]));
      write(room, { ...readIdentity(room, "tls-verify"), pairs: Object.fromEntries(pairs), trust });
    },
  };
  const write = (room: Room, identity: object) =>
    writeFileSync(identityFile(room, "tls-verify"), JSON.stringify(identity));

  it.each(Object.keys(SPOIL))("because it %s is replaced, and the other mode's is kept", async (how) => {
    await using room = await openRoom("spoilt-identity");
    const first = await lifeOf(room, ["tls-verify", "token"]);
    await SPOIL[how]?.(room);
    const second = await lifeOf(room, ["tls-verify", "token"]);
    const changed = differing(first, second).filter((key) => key.endsWith(".pem"));
    expect(changed.map((file) => file.split("/").at(-1)).sort()).toEqual(["ca.pem", "cert.pem", "key.pem"]);
    expect(differing(first, second).filter((key) => key.includes("token"))).toEqual([]);
    expect(await lifeOf(room, ["tls-verify", "token"])).toEqual(second);
  });
});
