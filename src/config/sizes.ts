/** Sizes as nats-server reads them: 64MB is 64 times 1024 times 1024 bytes. */
import type { JetStreamLimits } from "../model.ts";

const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
};

/** Limits as the file writes them. */
export interface WrittenLimits {
  readonly memory: number | string;
  readonly disk: number | string;
}

export function limitsOf({ memory, disk }: WrittenLimits): JetStreamLimits {
  return { memory: bytesOf(memory), disk: bytesOf(disk) };
}

function bytesOf(size: number | string): number {
  if (typeof size === "number") return size;
  const [, digits = "", unit = ""] = /^(\d+) ?([KMGT]?)i?B$/.exec(size) ?? [];
  return Number(digits) * (FACTORS[unit] ?? 1);
}
