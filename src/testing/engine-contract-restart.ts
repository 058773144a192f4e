/** The contract of an engine, third part: a server that is stopped and started again. */
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { streamStep } from "../dial/stream.ts";
import type { Server } from "../engines/engine.ts";
import { can } from "../server/capabilities.ts";
import { type Bench, comeAndGo, dial, failureOf, getsIn } from "./engine-lab.ts";

export function describeRestart(bench: () => Bench): void {
  describe("a restart", () => {
    it("is a stop and a start on the same port, and its log begins anew", async () => {
      const { server } = await bench().start();
      const { port } = server.address("client");
      await comeAndGo(server);
      await server.stop();
      const { server: again } = await bench().start({ ports: { client: port } });
      expect(again.address("client").port).toBe(port);
      const log = await again.log();
      expect(log.match(/Server is ready/g)).toHaveLength(1);
      expect(log).not.toMatch(/Server Exiting/i);
      const cid = await comeAndGo(again);
      const story = await again.story(cid, 10_000);
      expect(story.filter((line) => line.includes("Client connection created"))).toHaveLength(1);
    });

    it("takes other files than before", async () => {
      const config = (password: string) => () => `authorization { user: app, password: "${password}" }`;
      const { server } = await bench().start({ config: config("first-secret") });
      await server.stop();
      const { server: again } = await bench().start({ config: config("second-secret") });
      const entries = ["first-secret", "second-secret"].map((password) =>
        getsIn(again, { login: { user: "app", password } }),
      );
      expect(await Promise.all(entries)).toEqual([false, true]);
    });

    it("whose port was taken meanwhile says by whom; on another one it starts", async () => {
      const { server } = await bench().start();
      const { port } = server.address("client");
      await server.stop();
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
      try {
        const error = await failureOf(bench().start({ ports: { client: port } }));
        expect(error.code).toBe("port-in-use");
        expect(error.detail).toContain(String(process.pid));
        const { server: again } = await bench().start();
        expect(again.address("client").port).not.toBe(port);
        expect(await getsIn(again)).toBe(true);
      } finally {
        await new Promise((resolve) => other.close(resolve));
      }
    });

    it("follows a crash as it follows a stop", async () => {
      const { server } = await bench().start();
      await bench().lab.kill(server);
      await server.ended;
      await server.stop();
      const { server: again } = await bench().start({ ports: { client: server.address("client").port } });
      expect(await getsIn(again)).toBe(true);
    });

    it.for(["stop", "crash"])("finds the streams that were stored before the %s", async (how, { skip }) => {
      skip(!can(bench().engine.version, "jetstream"), "this server has no JetStream");
      const config = ({ root }: { readonly root: string }) =>
        `jetstream { store_dir: "${root}/jetstream", max_mem: 1M, max_file: 16M }`;
      const { server } = await bench().start({ config });
      expect(await stream(server, "write")).toBe(true);
      await (how === "stop" ? server.stop() : bench().lab.kill(server));
      await server.ended;
      const { server: again } = await bench().start({ config });
      expect(await stream(again, "read")).toBe(true);
    });
  });
}

async function stream(server: Server, does: "write" | "read"): Promise<boolean> {
  const session = await dial(server);
  try {
    return await streamStep(session, { op: "stream", does, storage: "file", subject: "kept" });
  } finally {
    session.close();
  }
}
