/** The control of a check: the positive one that must have passed before a refusal counts. */
import { SandboxError } from "../errors.ts";
import type { Check, Mode } from "../model.ts";

export interface Control {
  readonly id: string;
  readonly check: Check;
}

/** Undefined for a check that expects "ok" and names none. A refusal without a control is a mistake in the mode's data. */
export function controlOf(mode: Mode, id: string, check: Check): Control | undefined {
  if (check.expect === "ok" && check.control === undefined) return undefined;
  const found = check.control === undefined ? defaultControl(mode, check) : check.control;
  const control = found === undefined ? undefined : mode.checks[found];
  if (found === undefined || control === undefined || control.expect !== "ok")
    throw new SandboxError("bug", `the check ${mode.name}/${id} has no control`);
  return { id: found, check: control };
}

/** `as`, as it is, through the same driver. */
function defaultControl(mode: Mode, check: Check): string | undefined {
  const same = ([, one]: [string, Check]) =>
    one.expect === "ok" &&
    one.as === check.as &&
    one.but === undefined &&
    (one.driver ?? "wire") === (check.driver ?? "wire") &&
    (one.step ?? { op: "connect" }).op === "connect";
  return Object.entries(mode.checks).find(same)?.[0];
}
