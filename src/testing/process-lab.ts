/** The lab of the process engine, for the contract that every engine keeps. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { Server } from "../engines/engine.ts";
import { createProcessEngine } from "../engines/process.ts";
import { Program } from "./cli-program.ts";
import { MAIN, openRoom, realServer } from "./cli-room.ts";
import type { EngineLab } from "./engine-lab.ts";
import { randomFor } from "./random.ts";
import { modeOf } from "./state-home.ts";

/** How long (ms) a server takes to start on a machine that has nothing else to do. */
const STARTING = 60;

const random = randomFor("the owner of a server");

export async function openProcessLab(): Promise<EngineLab> {
  const room = await openRoom("contract");
  const { path: binary, version, source } = await realServer();
  const roots = new Map<Server, string>();
  let engines = 0;
  const rootOf = (server: Server) => roots.get(server) ?? "";
  return {
    async engine() {
      engines += 1;
      const engine = createProcessEngine({
        binary,
        version,
        source,
        dir: join(room.work, `engine-${engines}`),
      });
      return {
        ...engine,
        async start(spec, at, signal) {
          const server = await engine.start(spec, at, signal);
          roots.set(server, at.root);
          return server;
        },
      };
    },
    close: async () => {},
    leftovers: () => room.remaining(),
    async kill(server) {
      const { pid } = JSON.parse(readFileSync(join(rootOf(server), "server.pid"), "utf8"));
      process.kill(pid, "SIGKILL");
    },
    async fileModes(server) {
      const files = readdirSync(rootOf(server)).map((name) => [name, modeOf(join(rootOf(server), name))]);
      return Object.fromEntries(files);
    },
    async killedOwner(when) {
      const text = owner({ binary, version, source, dir: join(room.work, "owner") });
      const options = { cwd: room.work, env: room.env };
      const program = new Program(process.execPath, ["--input-type=module", "--eval", text], options);
      await program.says(when === "up" ? /up/ : /starting/);
      if (when === "starting") await sleep(random() * STARTING);
      await program.end("SIGKILL");
    },
    [Symbol.asyncDispose]: () => room[Symbol.asyncDispose](),
  };
}

/** A program that starts an open server with the compiled engine, says so, and stays. */
function owner(options: Parameters<typeof createProcessEngine>[0]): string {
  const module = pathToFileURL(join(MAIN, "../../engines/process.js")).href;
  return `
    const { createProcessEngine } = await import(${JSON.stringify(module)});
    const engine = createProcessEngine(${JSON.stringify(options)});
    const at = await engine.place("mode/server", ["client"]);
    const files = { "server.conf": { text: 'host: "127.0.0.1"\\nport: -1\\n', secret: true } };
    console.log("starting");
    await engine.start({ id: "mode/server", files, listeners: ["client"] }, at, new AbortController().signal);
    console.log("up");
    setInterval(() => {}, 1_000_000);`;
}
