/** `nats-sandbox certs renew`: new certificates of a new CA, at the same paths, under the running servers. */
import { EXIT } from "../errors.ts";
import { askRenew, ownerOf } from "../keeper/ask.ts";
import { stateHome } from "../state/home.ts";
import { placeOf } from "../state/state.ts";
import { type GlobalOptions, resultJson, tell } from "./output.ts";

export interface RenewOptions extends GlobalOptions {
  readonly name: string;
}

export async function renew(names: readonly string[], options: RenewOptions): Promise<number> {
  const place = placeOf(stateHome(process.env, process.cwd()), options.name);
  ownerOf(place);
  const renewed = await askRenew(place, names);
  if (options.json === true) resultJson({ schema: 1, renewed });
  else if (renewed.length === 0) tell("none of these modes has certificates: nothing to renew", options);
  else
    tell(
      `new certificates for ${renewed.join(", ")}, at the same paths; clients that read theirs before must do so again`,
      options,
    );
  return EXIT.ok;
}
