/** `nats-sandbox restart`: the same servers again, on the same ports, with the same streams. */
import { EXIT } from "../errors.ts";
import { askRestart, ownerOf } from "../keeper/ask.ts";
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
  tell("restarting…", options);
  const status = await askRestart(place, names);
  if (options.json === true) resultJson(status);
  else showOne(status, options);
  return EXIT.ok;
}
