/** What no container of ours may do. */
import type { HostConfig } from "dockerode";

/** Bytes. A server in use by checks takes about 20 MiB. */
const MEMORY = 128 * 1024 * 1024;
/** Below 8, a server hangs. */
const PROCESSES = 64;

/**
 * Of every container: nothing of its own can be written, no capability, no way to gain one, and no trace that outlives it.
 * Its output is read as it comes (an attached stream needs no log driver), so the engine keeps no copy.
 */
export const HARDENED: HostConfig = {
  AutoRemove: true,
  ReadonlyRootfs: true,
  CapDrop: ["ALL"],
  SecurityOpt: ["no-new-privileges"],
  IpcMode: "none",
  Memory: MEMORY,
  MemorySwap: MEMORY,
  PidsLimit: PROCESSES,
  Ulimits: [{ Name: "core", Soft: 0, Hard: 0 }],
  LogConfig: { Type: "none", Config: {} },
};
