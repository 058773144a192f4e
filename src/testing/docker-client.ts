/** A NATS client inside a container: what a program of a Compose stack or of a CI job's container sees of a sandbox. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import tar from "tar-stream";
import { hasImage, librariesOf } from "../engines/docker/build.ts";
import { readEvents } from "../engines/docker/pull.ts";

/** Node alone; its entry point takes what node takes. */
export const NODE_IMAGE = `nats-sandbox/test-node:${process.version.slice(1)}`;

export interface ContainedClient {
  readonly network: string;
  /** `name:address`; `host-gateway` as address is the engine's machine. */
  readonly extraHosts?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Paths on this machine; each is found under `/certs/` by its base name. */
  readonly files?: readonly string[];
}

/** Dials NATS_URL with what the environment says; prints `in` once it has a PONG, or why not. */
const CLIENT = `
const { connect } = require("node:net"), tls = require("node:tls"), { readFileSync } = require("node:fs");
const env = process.env, url = new URL(env.NATS_URL), read = (path) => path && readFileSync(path);
const end = (said) => { console.log(said); process.exit(0); };
setTimeout(() => end("nothing in 10 s"), 10_000);
const socket = connect(Number(url.port), url.hostname);
socket.on("error", (error) => end(error.code ?? error.message));
const login = { user: env.NATS_USER, pass: env.NATS_PASSWORD, auth_token: env.NATS_TOKEN };
const talk = (stream) => {
  stream.on("data", (data) => { if (/PONG|-ERR/.test(data)) end(/PONG/.test(data) ? "in" : String(data).trim()); });
  stream.write("CONNECT " + JSON.stringify({ verbose: false, ...login }) + "\\r\\nPING\\r\\n");
};
socket.once("data", (info) => {
  if (url.protocol !== "tls:") return talk(socket);
  const secure = tls.connect({ socket, servername: url.hostname, ca: read(env.NATS_CA), cert: read(env.NATS_CERT), key: read(env.NATS_KEY) });
  secure.on("error", (error) => end(error.code ?? error.message));
  secure.once("secureConnect", () => talk(secure));
});`;

/** What the client printed. */
export async function dialInContainer(docker: Docker, client: ContainedClient): Promise<string> {
  await ensureNodeImage(docker);
  const container = await docker.createContainer({
    Image: NODE_IMAGE,
    Cmd: ["--eval", CLIENT],
    Env: Object.entries(client.env).map(([name, value]) => `${name}=${value}`),
    HostConfig: { NetworkMode: client.network, ExtraHosts: [...(client.extraHosts ?? [])] },
  });
  try {
    await container.putArchive(packed(client.files ?? []), { path: "/" });
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    const output = new PassThrough();
    container.modem.demuxStream(stream, output, output);
    stream.once("end", () => output.end());
    await container.start();
    return (await text(output)).trim();
  } finally {
    await container.remove({ force: true, v: true });
  }
}

function packed(files: readonly string[]): tar.Pack {
  const archive = tar.pack();
  for (const path of files) archive.entry({ name: `certs/${basename(path)}` }, readFileSync(path));
  archive.finalize();
  return archive;
}

/** This Node and what it is linked with, nothing else. */
export async function ensureNodeImage(docker: Docker): Promise<void> {
  if (await hasImage(docker, NODE_IMAGE)) return;
  const libraries = await librariesOf(process.execPath, process.env);
  const context = tar.pack();
  context.entry({ name: "Dockerfile" }, 'FROM scratch\nCOPY rootfs/ /\nENTRYPOINT ["/node"]\n');
  context.entry({ name: "rootfs/node", mode: 0o755 }, readFileSync(process.execPath));
  for (const path of libraries) context.entry({ name: `rootfs${path}`, mode: 0o755 }, readFileSync(path));
  context.finalize();
  await readEvents(await docker.buildImage(context, { t: NODE_IMAGE, forcerm: true }));
}
