/** The control socket of a sandbox: a Unix socket in its private folder, however long the folder's path is. */
import { chmodSync } from "node:fs";
import { connect, type Server, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";

/** Bytes that a socket's path may have: 104 on macOS, 108 on Linux, its final NUL included. */
const LONGEST = 100;

function socketPath(dir: string): string {
  return join(dir, "control.sock");
}

/** Binds `server` to the socket of the sandbox in `dir`, for its owner alone (0600). */
export async function listenAt(server: Server, dir: string): Promise<void> {
  const path = socketPath(dir);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    inReach(path, (reachable) => server.listen(reachable, resolve));
  });
  chmodSync(path, 0o600);
}

export function connectTo(dir: string): Socket {
  return inReach(socketPath(dir), (reachable) => connect(reachable));
}

/**
 * A path too long for a socket address is reached from its own folder, by name. Binding and connecting read the path at
 * once, so nobody else runs while the working directory is another one.
 */
function inReach<T>(path: string, use: (reachable: string) => T): T {
  if (Buffer.byteLength(path) <= LONGEST) return use(path);
  const back = process.cwd();
  process.chdir(dirname(path));
  try {
    return use(basename(path));
  } finally {
    process.chdir(back);
  }
}
