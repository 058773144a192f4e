/** Which modules the command line loads for a command. */
import { expect } from "vitest";
import type { Room } from "./cli-room.ts";

/** Runs before the program and writes the URL of every module that is asked for to stderr, one a line. */
const RECORDER = dataUrl(`
  import { register } from "node:module";
  register(${JSON.stringify(
    dataUrl(`
      import { writeSync } from "node:fs";
      export async function load(url, context, next) {
        writeSync(2, "loaded " + url + "\\n");
        return next(url, context);
      }`),
  )});`);

function dataUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

/** From dist/ or node_modules/ on, sorted. */
export async function loadedBy(room: Room, args: readonly string[]): Promise<readonly string[]> {
  const { status, stderr } = await room.run(args, { node: ["--import", RECORDER] });
  expect(status).toBe(0);
  const urls = stderr.split("\n").flatMap((line) => /^loaded (.*)$/.exec(line)?.[1] ?? []);
  return urls.map((url) => url.replace(/^file:.*\/(dist|node_modules)\//, "$1/")).sort();
}
