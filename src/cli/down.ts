/** `nats-sandbox down`: stop a sandbox, or all of them. */
import { clearDead, hasContainers } from "../engines/clear-dead.ts";
import { EXIT } from "../errors.ts";
import { stopOwner } from "../keeper/ask.ts";
import { stateHome } from "../state/home.ts";
import { namesUp } from "../state/lock.ts";
import { openState, placeOf } from "../state/state.ts";
import { complain, type GlobalOptions, resultJson, tell } from "./output.ts";

export interface DownOptions extends GlobalOptions {
  readonly name: string;
  readonly all?: boolean;
  /** Delete its secrets, certificates and ports too. */
  readonly forget?: boolean;
}

export async function down(options: DownOptions): Promise<number> {
  const home = stateHome(process.env, process.cwd());
  const forget = options.forget === true;
  const names = options.all === true ? namesUp(home) : [options.name];
  const places = names.map((name) => placeOf(home, name));
  const inContainers = places.some(({ dir }) => hasContainers(dir));
  await clearDead(home);
  const stopped = await Promise.all(
    places.map(async (place) => ({ name: place.name, stopped: await stopOwner(place, forget) })),
  );
  // Whether it was up or not: one that was only starting has ended without being told to forget.
  if (forget) for (const { name } of places) openState(home, name).release({ forget });
  for (const one of stopped)
    tell(one.stopped ? `${one.name} is stopped` : `${one.name} is not up: nothing to stop`, options);
  if (stopped.length === 0) tell("no sandbox is up: nothing to stop", options);
  if (inContainers && !(await engineAnswers()))
    complain(
      "the Docker engine does not answer: what it may still have of this goes with the next command that reaches it",
    );
  if (options.json === true)
    resultJson({ schema: 1, stopped: stopped.flatMap((one) => (one.stopped ? [one.name] : [])) });
  return EXIT.ok;
}

async function engineAnswers(): Promise<boolean> {
  const { connectDocker } = await import("../engines/docker/connect.ts");
  return connectDocker(process.env).then(
    () => true,
    () => false,
  );
}
