/** The certificates of a mode as bars on one axis of time, for the HTML report. */
import type { CertificateDetail } from "../results.ts";

/** Places on the axis are percents of its width. */
interface Bar {
  readonly name: string;
  readonly use: string;
  /** `leaf`: signed by the CA above it. `foreign`: by nobody that is trusted here. */
  readonly kind: "ca" | "leaf" | "foreign";
  readonly state: "valid" | "expired" | "not valid yet";
  readonly x: string;
  readonly width: string;
  readonly until: string;
  readonly facts: readonly (readonly [string, string])[];
}

export interface Axis {
  readonly now: string;
  readonly from: string;
  readonly to: string;
  readonly bars: readonly Bar[];
}

const USES: Readonly<Record<CertificateDetail["use"], string>> = {
  ca: "the CA of this mode",
  server: "shown by the server",
  client: "shown by a client",
  check: "in checks only",
};

const DAY = 86_400_000;
/** Percents: one that lasts a moment is to be seen all the same. */
const THINNEST = 0.8;

/** `now` is when the checks began. Undefined for a mode without certificates. */
export function axisOf(certificates: readonly CertificateDetail[], now: Date): Axis | undefined {
  if (certificates.length === 0) return undefined;
  const starts = certificates.map(({ notBefore }) => Date.parse(notBefore));
  const ends = certificates.map(({ notAfter }) => Date.parse(notAfter));
  const [first, last] = [Math.min(...starts, now.getTime()), Math.max(...ends, now.getTime())];
  const margin = Math.max(last - first, 1) * 0.03;
  const [from, to] = [first - margin, last + margin];
  const place = (time: number) => ((time - from) / (to - from)) * 100;
  return {
    now: percent(place(now.getTime())),
    from: day(new Date(first)),
    to: day(new Date(last)),
    bars: certificates.map((one) => {
      const [begin, end] = [place(Date.parse(one.notBefore)), place(Date.parse(one.notAfter))];
      return bar(one, now, percent(begin), percent(Math.max(end - begin, THINNEST)));
    }),
  };
}

function bar(one: CertificateDetail, now: Date, x: string, width: string): Bar {
  const state =
    Date.parse(one.notAfter) < now.getTime()
      ? "expired"
      : Date.parse(one.notBefore) > now.getTime()
        ? "not valid yet"
        : "valid";
  return {
    name: one.name,
    use: USES[one.use],
    kind: one.use === "ca" ? "ca" : one.signed ? "leaf" : "foreign",
    state,
    x,
    width,
    until: untilText(one, state, now),
    facts: [
      ["subject", one.subject],
      ["issuer", one.signed ? one.issuer : `${one.issuer} (not the CA of this mode)`],
      ["names", one.names.join(", ") || "none"],
      ["good for", one.use === "ca" ? "signing" : one.extendedKeyUsage.join(", ") || "anything"],
      ["key", one.key],
      ["valid", `${one.notBefore} to ${one.notAfter}`],
      ["SHA-256", one.sha256],
    ],
  };
}

function untilText({ notBefore, notAfter }: CertificateDetail, state: Bar["state"], now: Date): string {
  if (state === "expired") return `expired ${span(now.getTime() - Date.parse(notAfter))} before the run`;
  if (state === "not valid yet") return `good from ${day(new Date(notBefore))} on`;
  return `until ${day(new Date(notAfter))}, ${span(Date.parse(notAfter) - now.getTime())} left`;
}

function span(ms: number): string {
  const [count, unit] =
    ms >= DAY ? [ms / DAY, "day"] : ms >= DAY / 24 ? [ms / (DAY / 24), "hour"] : [ms / 60_000, "minute"];
  const whole = Math.round(Number(count));
  return `${whole} ${unit}${whole === 1 ? "" : "s"}`;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function percent(value: number): string {
  return `${value.toFixed(2)}%`;
}
