/** What the checks of an own mode must be, beyond their shape, so that none passes for nothing. */
import type { Step } from "../model.ts";
import { REFUSALS } from "./check-schema.ts";
import { checkClient, checkStep } from "./references.ts";
import type { Reporter } from "./reporter.ts";
import type { View } from "./view.ts";

/** What a driver can do; wire does all. */
const STEPS: Readonly<Record<string, readonly Step["op"][]>> = {
  "nats.js": ["connect", "publish", "subscribe", "request", "nothing-before-tls"],
  natscli: ["connect"],
};

export function checkChecks(mode: View, reporter: Reporter): void {
  const checks = mode.get("checks");
  if (checks.given && checks.keys().length === 0)
    reporter.tell(checks, "is empty", { fix: "leave it out for the default checks, or write one" });
  for (const [, check] of checks.entries()) {
    const known = reporter.oneOf(check.get("as"), "client", mode.get("clients").keys());
    checkClient(mode, check.get("but"), reporter);
    checkStep(mode, check.get("step"), reporter);
    if (known || !check.get("as").given) checkControl(checks, check, reporter);
    checkDriver(mode, check, reporter);
  }
}

/** A refusal counts only after the same client, right in that one thing, got in. */
function checkControl(checks: View, check: View, reporter: Reporter): void {
  const control = check.get("control");
  if (control.given) {
    if (!reporter.oneOf(control, "check", checks.keys())) return;
    const found = checks.get(control.text ?? "");
    if (expects(found) !== "ok")
      reporter.tell(control, "must be a check that expects ok: it shows that the client gets in otherwise");
    return;
  }
  if (!REFUSALS.includes(expects(check) ?? "")) return;
  const client = check.get("as").text ?? "app";
  if (!checks.entries().some(([, other]) => isPlain(other, client, driverOf(check))))
    reporter.tell(check, "expects a refusal and has no control: a check in which the same client gets in", {
      fix: `add one: { as: ${client}, ${driverOf(check) === "wire" ? "" : `driver: ${driverOf(check)}, `}expect: ok }, or name one with control`,
      key: true,
    });
}

/** The client as it is, getting in. */
function isPlain(check: View, client: string, driver: string): boolean {
  return (
    expects(check) === "ok" &&
    (check.get("as").text ?? "app") === client &&
    !check.get("but").given &&
    driverOf(check) === driver &&
    (check.get("step").get("op").text ?? "connect") === "connect"
  );
}

/** What only the wire probe does must not be asked of another driver: it would be left out without a word. */
function checkDriver(mode: View, check: View, reporter: Reporter): void {
  const driver = driverOf(check);
  const can = Object.hasOwn(STEPS, driver) ? STEPS[driver] : undefined;
  if (can === undefined) return;
  const op = check.get("step").get("op");
  if (op.text !== undefined && !can.some((one) => one === op.text))
    reporter.tell(op, `is nothing that the driver ${driver} does`, { hint: `it does: ${can.join(", ")}` });
  const client = mode.get("clients").get(check.get("as").text ?? "app");
  for (const spec of [check.get("but"), client]) {
    for (const slot of ["verifyAs", "maxVersion"]) {
      if (spec.get(slot).given)
        reporter.tell(spec.get(slot), `is for the driver wire alone, not for ${driver}`);
    }
    if (spec.get("tls").text === "never")
      reporter.tell(spec.get("tls"), `cannot be never for the driver ${driver}, for wire alone`);
  }
}

function expects(check: View): string | undefined {
  return check.get("expect").text;
}

function driverOf(check: View): string {
  return check.get("driver").text ?? "wire";
}
