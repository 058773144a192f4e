/** A real terminal (pty) around a command: what a person sees, and what Ctrl-C and closing the window do. */
import { spawnSync } from "node:child_process";
import { Program } from "./cli-program.ts";
import { MAIN, type Room } from "./cli-room.ts";

/** A terminal of 40 lines and 100 columns. At the sight of a text, and the next one after it, it types or closes the window. */
const TERMINAL = `
import fcntl, json, os, pty, struct, sys, termios, time
deeds, command = json.loads(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    time.sleep(0.05)  # until the window has its size
    os.execv(command[0], command)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
seen = b""
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
    seen += data
    if deeds and deeds[0][0].encode() in seen:
        sight, keys = deeds.pop(0)
        seen = seen.split(sight.encode(), 1)[1]
        if keys is None:
            break
        os.write(fd, keys.encode())
os.close(fd)
_, status = os.waitpid(pid, 0)
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
`;

const found = spawnSync("python3", [
  "-c",
  "import os, sys; os.waitstatus_to_exitcode; print(sys.executable)",
]);

/** Python 3.9 or later, which makes the terminal; undefined where there is none. */
export const PYTHON = found.status === 0 ? found.stdout.toString().trim() : undefined;

interface Session {
  /** What is done at the first sight of `at`. */
  readonly does?: "Ctrl-C" | "close";
  readonly at?: string;
  /** Or: keys to press, each at the sight of a text that comes after the one before. */
  readonly types?: readonly (readonly [at: string, keys: string])[];
  readonly env?: NodeJS.ProcessEnv;
  /** Shell text around the command, which is `"$@"` in it. */
  readonly shell?: string;
}

/** Both output streams come out as `stdout`. */
export function inTerminal(room: Room, args: readonly string[], session: Session = {}): Program {
  const { at, does, types = [], env = {}, shell } = session;
  const deeds = at === undefined ? types : [[at, does === "close" ? null : "\u0003"]];
  const around = shell === undefined ? [] : ["/bin/sh", "-c", shell, "sh"];
  const command = [...around, process.execPath, MAIN, ...args];
  return new Program(PYTHON ?? "python3", ["-c", TERMINAL, JSON.stringify(deeds), ...command], {
    cwd: room.work,
    env: { ...room.env, TERM: "xterm", ...env },
  });
}
