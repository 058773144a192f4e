/**
 * The floor of `check core`: what no checker can do without. Spawns the same servers, waits until they are ready, makes
 * the same number of bare dials at once, starts the same child processes, and ends the servers. Judges nothing.
 *
 * Reads a plan (JSON, see bench.mjs) from the file in its argument.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));

async function start({ root, ready }) {
  const log = join(root, "server.log");
  const fd = openSync(log, "w");
  const child = spawn(plan.binary, ["-c", join(root, "server.conf")], {
    cwd: root,
    stdio: ["ignore", fd, fd],
    env: {},
  });
  closeSync(fd);
  const exited = once(child, "exit");
  for (;;) {
    const text = readFileSync(log, "utf8");
    const port = /Listening for client connections on .*:(\d+)/.exec(text)?.[1];
    if (port !== undefined && text.includes("Server is ready")) return { child, exited, port: Number(port) };
    if (!ready && child.exitCode !== null) return { child, exited, port: 0 };
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Connects, reads INFO, turns to TLS where the plan says so, logs in, waits for the PONG, closes. */
async function dial(port, { tls, login }) {
  let socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await until(socket, "INFO ");
  if (tls !== undefined) {
    socket = connectTls({ socket, servername: "localhost", ...tls });
    await once(socket, "secureConnect");
  }
  socket.write(`CONNECT ${JSON.stringify({ verbose: false, ...login })}\r\nPING\r\n`);
  await until(socket, "PONG");
  socket.destroy();
}

function until(socket, word) {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("error", reject);
    socket.on("data", function look(chunk) {
      text += chunk;
      if (!text.includes(word)) return;
      socket.off("data", look);
      resolve();
    });
  });
}

/** The child of the default trust store, with the requests that the real check makes of it. */
async function trustChild(requests, env) {
  const child = spawn(process.execPath, [plan.child], { env, stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.end(JSON.stringify(requests));
  await once(child, "exit");
}

const servers = await Promise.all(plan.servers.map(start));
const portOf = (name) => servers[plan.servers.findIndex((server) => server.name === name)].port;
const requests = plan.trust.map(({ server, connection }) => ({
  connection,
  at: { host: "127.0.0.1", port: portOf(server) },
}));
await Promise.all([
  ...plan.dials.map(({ server, ...how }) => dial(portOf(server), how)),
  trustChild(requests, { NODE_EXTRA_CA_CERTS: plan.extraCa }),
  trustChild(requests, {}),
]);
for (const { child } of servers) if (child.exitCode === null) child.kill();
await Promise.all(servers.map(({ exited }) => exited));
