/** The contract of an engine, second part: new files under a living server. */
import { describe, expect, it } from "vitest";
import { createPki } from "../pki/pki.ts";
import { type Bench, dial, failureOf, getsIn, UNREADABLE } from "./engine-lab.ts";

const user = (name: string, password: string) => `{ user: ${name}, password: "${password}" }`;
const users = (...all: readonly string[]) => `authorization { users: [${all.join(", ")}] }`;
const ANN = { user: "ann", password: "first-ann" };
const BOB = { user: "bob", password: "first-bob" };

const SECURED = (root: string) =>
  `tls { cert_file: "${root}/server.pem", key_file: "${root}/server-key.pem" }`;

/** A CA and a pair of it. */
async function certified() {
  const pki = await createPki();
  const { chain, key } = await pki.issue("server", { profile: "server" });
  return { ca: pki.trust("ca"), files: { "server.pem": chain, "server-key.pem": key } };
}

export function describeReload(bench: () => Bench): void {
  const start = () =>
    bench().start({ config: () => users(user("ann", "first-ann"), user("bob", "first-bob")) });

  describe("a reload", () => {
    it("takes new credentials: the old ones are refused, connections that are still allowed stay", async () => {
      const { server, files } = await start();
      const [ann, bob] = [await dial(server, { login: ANN }), await dial(server, { login: BOB })];
      await server.reload(files(users(user("ann", "first-ann"), user("bob", "second"))));
      const entries = [ANN, BOB, { user: "bob", password: "second" }].map((login) =>
        getsIn(server, { login }),
      );
      expect(await Promise.all(entries)).toEqual([true, false, true]);
      await bob.closed();
      await ann.ping();
      ann.close();
      expect(await server.listeners()).toHaveLength(1);
    });

    it("keeps its port, and its log goes on", async () => {
      const { server, files } = await start();
      const before = server.address("client");
      await server.reload(files(users(user("ann", "second"))));
      expect(server.address("client")).toEqual(before);
      expect(await server.log()).toMatch(/Server is ready[\s\S]*Reloaded server configuration/);
    });

    it("serves renewed certificates to the next handshake", async () => {
      const [first, second] = [await certified(), await certified()];
      const { server, at, files } = await bench().start({
        config: ({ root }) => SECURED(root),
        files: first.files,
      });
      const entries = () => Promise.all([first, second].map(({ ca }) => getsIn(server, { tls: { ca } })));
      expect(await entries()).toEqual([true, false]);
      const session = await dial(server, { tls: { ca: first.ca } });
      await server.reload(files(SECURED(at.root), second.files));
      expect(await entries()).toEqual([false, true]);
      await session.ping();
      session.close();
    });

    it("that it does not take is told in the server's own words, and it runs on as it was", async () => {
      const { server, files } = await start();
      const error = await failureOf(server.reload(files(UNREADABLE)));
      expect(error).toMatchObject({
        code: "reload-failed",
        message: "the server of mode/server did not take its new files",
        detail: expect.stringMatching(/^nats-server \S+ said: .*Parse error/),
      });
      expect(await getsIn(server, { login: ANN })).toBe(true);
      await server.reload(files(users(user("ann", "third"))));
      expect(await getsIn(server, { login: ANN })).toBe(false);
      expect(await getsIn(server, { login: { user: "ann", password: "third" } })).toBe(true);
    });

    it("with a key that does not fit is refused, and the old certificate is still served", async () => {
      const [first, second] = [await certified(), await certified()];
      const { server, at, files } = await bench().start({
        config: ({ root }) => SECURED(root),
        files: first.files,
      });
      const mixed = { ...first.files, "server-key.pem": second.files["server-key.pem"] };
      const error = await failureOf(server.reload(files(SECURED(at.root), mixed)));
      expect(error).toMatchObject({
        code: "reload-failed",
        detail: expect.stringContaining("does not match"),
      });
      expect(await getsIn(server, { tls: { ca: first.ca } })).toBe(true);
    });

    it("of a server that has ended is a failure, not a wait", async () => {
      const { server, files } = await start();
      await server.stop();
      expect(await failureOf(server.reload(files("")))).toMatchObject({ code: "reload-failed" });
    });
  });

  describe("lame duck mode", () => {
    it("takes no new client, and keeps those that are there for a while", async () => {
      const { server } = await start();
      const ann = await dial(server, { login: ANN });
      await server.lameDuck();
      // Nobody listens any more, or what stands before it finds nobody there.
      expect(await getsIn(server, { login: BOB }).catch(() => false)).toBe(false);
      await ann.ping();
      ann.close();
    });

    it("of a server without clients is its end; one that has ended does not say that it does so", async () => {
      const { server } = await start();
      await server.lameDuck();
      await server.ended;
      const error = await failureOf(server.lameDuck());
      expect(error).toMatchObject({ code: "reload-failed", message: expect.stringContaining("lame duck") });
    });
  });
}
