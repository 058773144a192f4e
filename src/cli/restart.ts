/** `nats-sandbox restart`: the same servers again, on the same ports, with the same streams. */
import { EXIT } from "../errors.ts";
import { askRestart, askStatus, ownerOf } from "../keeper/ask.ts";
import { stateHome } from "../state/home.ts";
import { placeOf } from "../state/state.ts";
import { type GlobalOptions, resultJson, tell } from "./output.ts";
import { showOne } from "./status.ts";

export interface RestartOptions extends GlobalOptions {
  readonly name: string;
}

export async function restart(names: readonly string[], options: RestartOptions): Promise<number> {
  const place = placeOf(stateHome(process.env, process.cwd()), options.name);
  ownerOf(place);
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
