/** `nats-sandbox restart`: the same servers again, on the same ports, with the same streams. */
import { EXIT } from "../errors.ts";
import { askRestart, askStatus } from "../keeper/ask.ts";
import { type GlobalOptions, resultJson, tell } from "./output.ts";
import { placeOfRunning, type SandboxChoice } from "./reach.ts";
import { showOne } from "./status.ts";

export async function restart(
  names: readonly string[],
  options: GlobalOptions & SandboxChoice,
): Promise<number> {
  const place = placeOfRunning(options);
  const before = await askStatus(place);
  tell("restarting…", options);
  const status = await askRestart(place, names);
  for (const { mode, url } of status.modes) {
    const was = before.modes.find((one) => one.mode === mode)?.url;
    if (url !== was) tell(`${mode} is at ${url} now: ${was} was taken meanwhile`, options);
  }
  if (options.json === true) resultJson(status);
  else showOne(status, options);
  return EXIT.ok;
}
