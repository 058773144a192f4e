/** For `globalSetup` of vitest: modes that are up for the whole run, shared by all test files. */
import type { TestProject } from "vitest/node";
import type { ModesArgument, StartOptions } from "../library/options.ts";
import { type StartedSandbox, startSandbox } from "../library/start.ts";
import { SHARED } from "./provided-mode.ts";

/**
 * What `globalSetup` runs before all tests; its result, after them. The workers get the environment of the modes
 * (`NATS_URL` and so on, see `StartedSandbox.environment`), and tests get `sharedNats(mode)`.
 *
 * ```ts
 * // nats.setup.ts, named by test.globalSetup of vitest.config.ts
 * export default natsSetup(["tls-verify", "user-pass"]);
 * ```
 */
export function natsSetup(
  modes: readonly ModesArgument[],
  options: Omit<StartOptions, "signal"> = {},
): (project: Pick<TestProject, "provide" | "vitest">) => Promise<() => Promise<void>> {
  return async ({ provide, vitest }) => {
    const sandbox = await startSandbox(modes, options);
    provide(SHARED, clientsOf(sandbox));
    // vitest shows what is written, and the tests that wait for that server will say nothing of use.
    for (const mode of sandbox.modes)
      void mode.lost.then(({ message, detail }) =>
        vitest.logger.error(`nats-sandbox: ${message}: ${detail}`),
      );
    const restore = setEnvironment(sandbox.environment());
    return async () => {
      restore();
      await sandbox.stop();
    };
  };
}

function clientsOf({ modes }: StartedSandbox) {
  return modes.flatMap((one) =>
    one.clients.map((client) => ({
      mode: one.name,
      aliases: one.mode.aliases ?? [],
      client,
      connection: one.connection(client),
      files: one.files(client),
      environment: one.environment(client),
    })),
  );
}

function setEnvironment(env: Readonly<Record<string, string>>): () => void {
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, env);
  return () => {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  };
}
