/** Labels: on all that we make in a Docker engine, so that everybody can tell what it is, and we whose it is. */
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { startTime } from "../../state/process-id.ts";

const PREFIX = "nats-sandbox";

export const ROLE = `${PREFIX}.role`;

export type Labels = Readonly<Record<string, string>>;

/** What the engine of one sandbox puts on everything. */
export interface Origin {
  /** Directory of the sandbox. */
  readonly dir: string;
  /** Name of the sandbox. */
  readonly name: string;
}

/** The process that everything dies with. */
interface Owner {
  readonly pid: number;
  readonly started: string;
  /** Where that pid means something: a machine, or a container on it. */
  readonly host: string;
}

/** `guard`, `server`, or `version` for a container that only says which version its image is. */
export function labelsOf(
  { dir, name }: Origin,
  role: "guard" | "server" | "version",
  more: Readonly<Record<string, string>> = {},
): Labels {
  const own = Object.entries({ role, project: dir, name, ...more, ...ownerLabels(thisProcess()) });
  return Object.fromEntries(own.map(([key, value]) => [`${PREFIX}.${key}`, value]));
}

function ownerLabels({ pid, started, host }: Owner) {
  return { "owner-pid": String(pid), "owner-started": started, "owner-host": host };
}

function thisProcess(): Owner {
  return { pid: process.pid, started: startTime(process.pid) ?? "", host: thisHost() };
}

/** Two containers may have the same host name, or none of their own: the namespace of their pids tells them apart. */
function thisHost(): string {
  try {
    return `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/** Whether the owner has ended; undefined when it lived where we cannot look. */
export function ownerHasEnded(labels: Labels): boolean | undefined {
  if (labels[`${PREFIX}.owner-host`] !== thisHost()) return undefined;
  return startTime(Number(labels[`${PREFIX}.owner-pid`])) !== labels[`${PREFIX}.owner-started`];
}
