/** What any mode promises besides when its servers keep streams (JetStream): what a restart keeps, and what it does not. */
import type { Check, JetStreamLimits, Mode } from "../model.ts";

/** Enough for a test suite, and no more than a laptop gives away: 64 MiB of memory, 1 GiB of disk. */
export const JETSTREAM_LIMITS: JetStreamLimits = { memory: 64 * 2 ** 20, disk: 2 ** 30 };

/** The mode with streams, and the checks that go with them. */
export function withJetStream(mode: Mode, limits: JetStreamLimits): Mode {
  return { ...mode, jetstream: limits, checks: { ...mode.checks, ...streamChecks(subjectOf(mode)) } };
}

/** Without a subject that `app` may publish to, the stream on disk is made and found, and has no message. */
function streamChecks(subject: string | undefined): Record<string, Check> {
  const onDisk = { op: "stream", storage: "file", subject: subject ?? "nats-sandbox.kept" } as const;
  const inMemory = { op: "stream", storage: "memory", subject: "nats-sandbox.lost" } as const;
  return {
    "stream-write": {
      title: "writes into a stream on disk",
      as: "app",
      step: { ...onDisk, does: subject === undefined ? "make" : "write" },
      expect: "ok",
    },
    "stream-kept": {
      title: "the stream on disk is there after a restart",
      as: "app",
      before: "restart",
      step: { ...onDisk, does: subject === undefined ? "find" : "read" },
      control: "stream-write",
      expect: "ok",
    },
    "stream-make-memory": {
      title: "makes a stream in memory",
      as: "app",
      step: { ...inMemory, does: "make" },
      expect: "ok",
    },
    "stream-lost": {
      title: "the stream in memory is gone after a restart",
      as: "app",
      before: "restart",
      step: { ...inMemory, does: "miss" },
      control: "stream-make-memory",
      expect: "ok",
    },
  };
}

/** A subject that `app` may publish to: any, or one below the first that its permissions allow. */
function subjectOf({ publishes, servers, clients }: Mode): string | undefined {
  const ref = clients.app?.login?.user?.replace(/^\$(.*)\.user$/, "$1");
  const users = servers[clients.app?.server ?? "server"]?.users ?? [];
  const allow = users.find(({ login }) => login === ref)?.permissions?.publish?.allow;
  const subject = publishes ?? (allow === undefined ? "nats-sandbox.kept" : allow[0]);
  return subject?.replaceAll(/[*>]/g, "kept");
}
