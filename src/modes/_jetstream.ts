/** What any mode promises besides when its servers keep streams (JetStream): what a restart keeps, and what it does not. */
import type { Check, JetStreamLimits, Mode } from "../model.ts";

/** Enough for a test suite, and no more than a laptop gives away: 64 MiB of memory, 1 GiB of disk. */
export const JETSTREAM_LIMITS: JetStreamLimits = { memory: 64 * 2 ** 20, disk: 2 ** 30 };

/** The mode with streams, and the checks that go with them. */
export function withJetStream(mode: Mode, limits: JetStreamLimits): Mode {
  return { ...mode, jetstream: limits, checks: { ...mode.checks, ...streamChecks(subjectOf(mode)) } };
}

function streamChecks(subject: string): Record<string, Check> {
  const kept = { op: "stream", storage: "file", subject } as const;
  const lost = { op: "stream", storage: "memory", subject: `${subject}.lost` } as const;
  return {
    "stream-write": {
      title: "writes into a stream on disk",
      as: "app",
      step: { ...kept, does: "write" },
      expect: "ok",
    },
    "stream-kept": {
      title: "the stream on disk is there after a restart",
      as: "app",
      before: "restart",
      step: { ...kept, does: "read" },
      control: "stream-write",
      expect: "ok",
    },
    "stream-write-memory": {
      title: "writes into a stream in memory",
      as: "app",
      step: { ...lost, does: "write" },
      expect: "ok",
    },
    "stream-lost": {
      title: "the stream in memory is gone after a restart",
      as: "app",
      before: "restart",
      step: { ...lost, does: "miss" },
      control: "stream-write-memory",
      expect: "ok",
    },
  };
}

/** A subject that `app` may publish to: any, or one below the first that its permissions allow. */
function subjectOf({ publishes, servers, clients }: Mode): string {
  const ref = clients.app?.login?.user?.replace(/^\$(.*)\.user$/, "$1");
  const users = servers[clients.app?.server ?? "server"]?.users ?? [];
  const allowed = users.find(({ login }) => login === ref)?.permissions?.publish?.allow?.[0];
  return (publishes ?? allowed ?? "nats-sandbox.>").replaceAll(/[*>]/g, "kept");
}
