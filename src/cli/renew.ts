/** `nats-sandbox certs renew`: new certificates of a new CA, at the same paths, under the running servers. */
import { EXIT } from "../errors.ts";
import { askRenew } from "../keeper/ask.ts";
import { type GlobalOptions, resultJson, tell } from "./output.ts";
import { placeOfRunning, type SandboxChoice } from "./reach.ts";

export async function renew(
  names: readonly string[],
  options: GlobalOptions & SandboxChoice,
): Promise<number> {
  const place = placeOfRunning(options);
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
