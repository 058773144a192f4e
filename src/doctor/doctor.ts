/** What is here and what is wrong, and what mends it. Changes nothing, fetches nothing. */
import { examineClock } from "./clock.ts";
import { examineDocker } from "./docker.ts";
import { examineEnvironment } from "./environment.ts";
import type { Item } from "./item.ts";
import { examineMachine } from "./machine.ts";
import { examineServer } from "./server.ts";
import { examineState } from "./state-directory.ts";

export type { Item, ItemState } from "./item.ts";

export interface ExamineOptions {
  /** Version of this program. */
  readonly version: string;
  /** The state directory, see `stateHome`. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}

export async function examine({ version, home, env }: ExamineOptions): Promise<readonly Item[]> {
  const [machine, docker, server] = await Promise.all([
    examineMachine(version),
    examineDocker(env),
    examineServer(env),
  ]);
  return [
    ...machine,
    ...docker,
    ...server,
    ...examineState(home),
    ...examineClock(home),
    ...examineEnvironment(env),
  ];
}
