/** The fixture for vitest: a mode on real servers for each test file, or for each worker. */
import { inject, test as plain, type TestAPI } from "vitest";
import type { SandboxError } from "../errors.ts";
import type { SandboxMode } from "../library/mode.ts";
import { type ModeArgument, modeOf, type StartOptions } from "../library/options.ts";
import { startMode } from "../library/start.ts";
import { SHARED, SharedClients, type SharedMode } from "./provided-mode.ts";

export type { SharedMode } from "./provided-mode.ts";

export interface FixtureOptions extends Omit<StartOptions, "signal" | "stopOn"> {
  /** Who shares the servers: the tests of one file (default), or those of all files that one worker runs. */
  readonly scope?: "file" | "worker";
}

export interface NatsFixtures {
  /** The mode, up. With JetStream, its `app` finds no streams when a test begins. */
  readonly nats: SandboxMode;
  /** The same, as the tests before have left it. */
  readonly natsServer: SandboxMode;
}

/**
 * vitest's `test`, with `nats` in its context. The servers start when the first test asks
 * for `nats`, and stop after the last. A test whose server ends by itself fails at once, with the server's own words; the
 * next one gets it restarted.
 *
 * ```ts
 * const test = natsTest("tls-verify", { jetstream: true });
 * test("gets in", async ({ nats }) => {
 *   const nc = await connect(nats.connectionOptions());
 * });
 * ```
 */
export function natsTest(mode: ModeArgument, options: FixtureOptions = {}): TestAPI<NatsFixtures> {
  const { scope = "file", ...rest } = options;
  const { jetstream } = modeOf(mode, rest);
  return plain.extend<NatsFixtures>({
    natsServer: [
      // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures this one needs
      async ({}, use) => {
        const started = await startMode(mode, rest);
        await use(started);
        await started.stop();
      },
      { scope },
    ],
    nats: async ({ natsServer, task }, use) => {
      await restartIfLost(natsServer);
      if (jetstream !== undefined) await natsServer.resetJetStream();
      let over = false;
      void natsServer.lost.then((error) => over || fail(task.context.signal, error));
      await use(natsServer);
      over = true;
    },
  });
}

async function restartIfLost(server: SandboxMode): Promise<void> {
  const lost = await Promise.race([server.lost, Promise.resolve(undefined)]);
  if (lost !== undefined) await server.restart();
}

/**
 * Fails a test that is running. vitest itself lets a fixture fail one only before it begins or once it is over, and one that
 * waits for a server that has gone is over when its time is. But what ends a test early is its signal (`signal` in its
 * context), which vitest listens to as well.
 */
function fail(signal: AbortSignal, { message, detail, fix }: SandboxError): void {
  const reason = new Error([message, detail, fix && `next: ${fix}`].filter(Boolean).join("\n"));
  reason.stack = reason.message; // where it was made tells nobody anything
  Object.defineProperties(signal, { aborted: { value: true }, reason: { value: reason } });
  signal.dispatchEvent(new Event("abort"));
}

/**
 * A mode that `natsSetup` has started for the whole run, as vitest hands it to the workers: to connect with.
 * @throws SandboxError `not-up` when it has not
 */
export function sharedNats(mode: string): SharedMode {
  return new SharedClients(mode, inject(SHARED) ?? []);
}
