/** The fixture for vitest: a mode on real servers for each test file, or for each worker. */
import { inject, test as plain, type TestAPI } from "vitest";
import { codeOf, type SandboxError } from "../errors.ts";
import type { SandboxMode } from "../library/mode.ts";
import { type ModeArgument, modeOf, type StartOptions } from "../library/options.ts";
import { startMode } from "../library/start.ts";
import type { ModeName } from "../modes/all.gen.ts";
import { readInfo } from "../wire/session.ts";
import { parseUrl } from "../wire/url.ts";
import { SHARED, SharedClients, type SharedMode } from "./provided-mode.ts";

export type { SharedMode } from "./provided-mode.ts";

/** How long (ms) a server may take to greet before it is one that does not greet. */
const PATIENCE = 300;

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
  const used = new WeakSet<SandboxMode>();
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
      if (used.has(natsServer)) await restartIfGone(natsServer);
      used.add(natsServer);
      if (jetstream !== undefined) await natsServer.resetJetStream();
      const { signal } = task.context;
      undoFail(signal);
      let over = false;
      void natsServer.lost.then((error) => over || fail(signal, error));
      await use(natsServer);
      over = true;
    },
  });
}

/** A test before may have ended it in its last moment, or have sent it into lame duck mode: nothing tells that, but no answer. */
async function restartIfGone(server: SandboxMode): Promise<void> {
  const lost = await Promise.race([server.lost, Promise.resolve(undefined)]);
  if (lost !== undefined || !(await answers(server.url))) await server.restart();
}

/** One that only waits is up: with TLS first, the client is the one to speak. */
async function answers(url: string): Promise<boolean> {
  const { host, port } = parseUrl(url);
  return readInfo(host, port, performance.now() + PATIENCE).then(
    () => true,
    (error: unknown) => codeOf(error) === "DEADLINE",
  );
}

/**
 * Fails a test that is running. vitest itself lets a fixture fail one only before it begins or once it is over, and one that
 * waits for a server that has gone is over when its time is. But what ends a test early is its signal (`signal` in its
 * context), which vitest listens to as well.
 */
function fail(signal: AbortSignal, { message, detail, fix }: SandboxError): void {
  const reason = new Error([message, detail, fix && `next: ${fix}`].filter(Boolean).join("\n"));
  reason.stack = reason.message; // where it was made tells nobody anything
  const properties = { aborted: { value: true }, reason: { value: reason } };
  for (const [name, property] of Object.entries(properties))
    Object.defineProperty(signal, name, { ...property, configurable: true });
  signal.dispatchEvent(new Event("abort"));
}

/** A test that is tried again has the signal of the first attempt. */
function undoFail(signal: AbortSignal): void {
  for (const name of ["aborted", "reason"]) Reflect.deleteProperty(signal, name);
}

/**
 * A mode that `natsSetup` has started for the whole run, as vitest hands it to the workers: to connect with.
 * @throws SandboxError `not-up` when it has not
 */
export function sharedNats(mode: ModeName | (string & {})): SharedMode {
  return new SharedClients(mode, inject(SHARED) ?? []);
}
