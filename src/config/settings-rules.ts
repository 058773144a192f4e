/** What the settings of a file must be, beyond their shape: hosts, reports, and the nats-server. */
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SandboxError } from "../errors.ts";
import type { Rules } from "./config.ts";
import type { Reporter } from "./reporter.ts";
import type { View } from "./view.ts";

/** `2.15.1`, `v2.12.0-RC.1`. */
const VERSION = /^v?\d+\.\d+\.\d+(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$/;

export function checkHosts(hosts: View, rules: Rules, reporter: Reporter): void {
  checkEach(hosts, "cannot be a host name of a certificate", rules.host, reporter);
}

export function checkReports(reports: View, rules: Rules, reporter: Reporter): void {
  checkEach(reports, "is no report that can be written", rules.report, reporter);
}

function checkEach(
  list: View,
  wrong: string,
  rule: ((text: string) => void) | undefined,
  reporter: Reporter,
): void {
  for (const item of list.items()) {
    try {
      if (item.text !== undefined) rule?.(item.text);
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      reporter.tell(item, `${wrong}${reporter.blame(item)}`, { hint: error.detail, fix: error.fix });
    }
  }
}

/** A version as it is, a path as an absolute one: a relative one is meant from the folder of the file. */
export function readServer(server: View, file: string, reporter: Reporter): string | undefined {
  if (server.text === undefined) return undefined;
  const path = resolve(dirname(file), server.text);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return path;
  if (VERSION.test(server.text)) return server.text;
  const looksLikeAPath = /[/\\]/.test(server.text);
  reporter.tell(
    server,
    looksLikeAPath
      ? `leads to no file${reporter.blame(server)}`
      : `is neither a file nor a version of nats-server${reporter.blame(server)}`,
    { fix: "give the path of a nats-server, from the folder of this file, or a version such as 2.15.1" },
  );
  return undefined;
}
