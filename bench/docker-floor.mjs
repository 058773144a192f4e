/** The floor of the Docker engine: the same containers by the bare API, all at once. Judges nothing, redacts nothing. */
import { connect } from "node:net";
import { PassThrough } from "node:stream";
import tar from "tar-stream";

const { HARDENED } = await import(new URL("../dist/engines/docker/hardening.js", import.meta.url));

/** Resolves when the last one has answered, with what ends them. */
export async function startBare(docker, image, count) {
  const guard = await docker.createContainer({
    Image: image,
    User: "10000:10000",
    Cmd: ["-c", "/dev/stdin"],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    Volumes: { "/bench": {} },
    HostConfig: { ...HARDENED, NetworkMode: "none" },
  });
  const life = await guard.attach({ stream: true, stdin: true, hijack: true });
  life.write("no config {\n");
  const up = guard.start();
  await Promise.all(Array.from({ length: count }, (_, index) => startOne(docker, image, guard, up, index)));
  return async () => {
    const gone = guard.wait({ condition: "removed" });
    life.end();
    await gone;
  };
}

async function startOne(docker, image, guard, up, index) {
  const user = 10001 + index;
  const container = await docker.createContainer({
    Image: image,
    User: `${user}:${user}`,
    Cmd: ["-c", `/bench/${index}/server.conf`],
    ExposedPorts: { "4222/tcp": {} },
    HostConfig: {
      ...HARDENED,
      PidMode: `container:${guard.id}`,
      VolumesFrom: [guard.id],
      PortBindings: { "4222/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
    },
  });
  const files = tar.pack();
  files.entry({ name: String(index), type: "directory", mode: 0o700, uid: user, gid: user });
  const config = "port: 4222\nauthorization { user: app, password: secret }\n";
  files.entry({ name: `${index}/server.conf`, mode: 0o600, uid: user, gid: user }, config);
  files.finalize();
  await Promise.all([container.putArchive(files, { path: "/bench" }), up]);
  const output = await container.attach({ stream: true, stdout: true, stderr: true });
  container.modem.demuxStream(output, new PassThrough().resume(), new PassThrough().resume());
  await container.start();
  const { NetworkSettings } = await container.inspect();
  const port = Number(NetworkSettings.Ports["4222/tcp"][0].HostPort);
  while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** The proxy of a port may be there before what it leads to. */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", (info) => {
      resolve(info.includes("INFO "));
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.once("close", () => resolve(false));
  });
}
