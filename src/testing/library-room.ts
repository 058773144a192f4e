/** A room for what programs start: the options by which it stays in there, on the real server that all tests use. */
import type { StartOptions } from "../library/options.ts";
import { openRoom, type Room, realServer } from "./cli-room.ts";

export async function openLibraryRoom(
  name = "library",
): Promise<{ readonly room: Room; readonly options: StartOptions }> {
  const [room, { path: server }] = await Promise.all([openRoom(name), realServer()]);
  return { room, options: { home: room.state, server } };
}
