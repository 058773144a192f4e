/** A real nats-server whose config is edited before it reads it: one that breaks its promise, or does not start. */
import { type Room, realServer } from "./cli-room.ts";

/** Takes client certificates without asking for any. */
export const NO_VERIFY = "/sec:verify/d";
export const DOES_NOT_START = 's/^port:.*/port: "none"/';

/** Path of a nats-server that has `sed` edit its config. */
export async function editedServer(room: Room, sed: string): Promise<string> {
  const { path } = await realServer();
  return room.script(
    "edited-server",
    `sed '${sed}' "$2" > "$2.new" && mv "$2.new" "$2"\nexec '${path}' "$@"`,
  );
}
