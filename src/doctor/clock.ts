/** Whether the clock can be right, as far as files and certificates here tell, and whether those certificates are good now. */
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MODES } from "../modes/all.gen.ts";
import { listDir } from "../state/private-files.ts";
import { type Surveyed, survey } from "../state/survey.ts";
import { type Item, ok, problem, warning } from "./item.ts";
import { moment } from "./state-directory.ts";

const MINUTE = 60_000;
/** Nobody runs the same copy of a test tool for that long. */
const TOO_LONG = 10 * 365 * 24 * 60 * MINUTE;
const SET_CLOCK = "set the clock: timedatectl set-ntp true";

export function examineClock(home: string, now = new Date()): readonly Item[] {
  return [clockItem(home, now), ...survey(home).flatMap((sandbox) => certificateItems(sandbox, now))];
}

function clockItem(home: string, now: Date): Item {
  const says = `the clock says ${moment(now)}`;
  // Set by the system when the file came here, whatever time an archive gave it.
  const installed = statSync(new URL("../../package.json", import.meta.url)).ctime;
  if (now.getTime() < installed.getTime() - MINUTE)
    return problem("clock", `${says}, and this program was installed on ${moment(installed)}`, SET_CLOCK);
  if (now.getTime() > installed.getTime() + TOO_LONG)
    return warning(
      "clock",
      `${says}, years after this program was installed (${moment(installed)})`,
      SET_CLOCK,
    );
  const newest = Math.max(0, ...listDir(home).map((entry) => changed(join(home, entry))));
  if (newest > now.getTime() + MINUTE)
    return warning("clock", `${says}, and ${home} was written to at ${moment(new Date(newest))}`, SET_CLOCK);
  return ok("clock", says);
}

/** 0 for what is gone meanwhile. */
function changed(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Of what is up. The modes of `faults` serve bad ones on purpose. */
function certificateItems({ name, dir, state }: Surveyed, now: Date): readonly Item[] {
  if (state !== "up") return [];
  const good = MODES.filter(({ groups }) => !groups.includes("faults")).map((mode) => mode.name);
  return good.flatMap((mode) => {
    const folders = [join(dir, mode, "server"), join(dir, mode, "clients", "app")];
    const pems = folders.flatMap((folder) => certificatesIn(folder));
    const wrong = pems.map((path) => wrongNow(path, now)).find((text) => text !== undefined);
    if (wrong === undefined) return [];
    const text = `a certificate of ${mode} in the sandbox ${name} ${wrong}`;
    const fix = `nats-sandbox down --name ${name} && nats-sandbox up ${mode} --name ${name} --fresh`;
    return [warning(`certificates-${name}-${mode}`, text, fix)];
  });
}

function certificatesIn(folder: string): readonly string[] {
  const files = listDir(folder).filter((file) => file.endsWith(".pem") && !file.endsWith("key.pem"));
  return files.map((file) => join(folder, file));
}

function wrongNow(path: string, now: Date): string | undefined {
  const { validFrom, validTo } = new X509Certificate(readFileSync(path));
  const [from, to] = [new Date(validFrom), new Date(validTo)];
  if (now < from) return `is not valid before ${moment(from)}`;
  return now > to ? `expired on ${moment(to)}` : undefined;
}
