/** `nats-sandbox restart`: the same servers again, on the same ports, with the same streams. */
import { EXIT } from "../errors.ts";
import { askRestart, ownerOf } from "../keeper/ask.ts";
import { selectModes } from "../select.ts";
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
  const modes = names.length === 0 ? [] : selectModes(names).map(({ name }) => name);
  tell("restarting…", options);
  const status = await askRestart(place, modes);
  if (options.json === true) resultJson(status);
  else showOne(status, options);
  return EXIT.ok;
}
