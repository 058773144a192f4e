/** Text for people about certificates: a short list, and everything one says. */
import type { CertificateFacts } from "../pki/describe.ts";
import { type Style, wrap } from "./text.ts";

/** A certificate, whose it is, and where it is kept. */
export interface CertificateText extends CertificateFacts {
  /** `ca`, `server server`, `client app`. */
  readonly whose: string;
  readonly path: string;
  /** Did the mode's CA sign it? */
  readonly signed: boolean;
}

const DAY = 86_400_000;
const LABEL = 16;

/** The certificates of one mode, three lines each, within `width` columns but for a path that is longer. */
export function certificateList(
  mode: string,
  all: readonly CertificateText[],
  style: Style,
  width: number,
): readonly string[] {
  const whose = Math.max(11, ...all.map((one) => one.whose.length)) + 2;
  const use = Math.max(8, ...all.map((one) => purpose(one).length)) + 2;
  const columns = (a: string, b: string, c: string, d: string) =>
    `  ${a.padEnd(whose)}${b.padEnd(10)}${c.padEnd(use)}${d}`;
  return [
    style.bold(mode),
    style.dim(columns("CERTIFICATE", "KEY", "GOOD FOR", "UNTIL (UTC)")),
    ...all.flatMap((one) => [
      columns(one.whose, one.key, purpose(one), until(one, style)),
      ...wrap([one.subject, ...one.names].join(", "), width - 4).map((line) => `    ${line}`),
      `    ${style.dim(one.path)}`,
    ]),
  ];
}

function purpose({ ca, extendedKeyUsage }: CertificateText): string {
  return ca ? "signing" : extendedKeyUsage.join(", ") || "anything";
}

function until({ notBefore, notAfter }: CertificateText, style: Style): string {
  const text = notAfter.toISOString().slice(0, 16).replace("T", " ");
  if (notAfter.getTime() < Date.now()) return style.red(`${text} expired`);
  return notBefore.getTime() > Date.now() ? style.red(`${text} not valid yet`) : text;
}

/** All that one certificate says, a field a line, within `width` columns but for a path that is longer. */
export function certificateText(one: CertificateText, style: Style, width: number): readonly string[] {
  const fields: readonly (readonly [string, string])[] = [
    ["subject", one.subject],
    ["issuer", one.issuer],
    ["signature", `${one.signature}, ${signer(one)}`],
    ["serial", one.serial],
    ["names", one.names.join(", ") || "none"],
    ["key", one.key],
    ["key usage", one.keyUsage.join(", ") || "not limited"],
    ["extended usage", one.extendedKeyUsage.join(", ") || "not limited"],
    ["is a CA", one.ca ? "yes" : "no"],
    ...(one.nameConstraints.length === 0 ? [] : [["may sign for", one.nameConstraints.join(", ")] as const]),
    ["not before", instant(one.notBefore)],
    ["not after", `${instant(one.notAfter)}, ${remaining(one.notAfter)}`],
    ["SHA-256", one.sha256.replaceAll(/((?:..:){15}..):/g, "$1: ")],
  ];
  return [
    style.bold(one.whose),
    `  ${style.dim(one.path)}`,
    ...fields.flatMap(([name, value]) =>
      wrap(value, width - LABEL - 2).map((line, i) => `  ${(i === 0 ? name : "").padEnd(LABEL)}${line}`),
    ),
  ];
}

function signer({ ca, signed }: CertificateText): string {
  if (ca) return signed ? "by itself" : "by another CA";
  return signed ? "by the CA below" : "not by the CA below";
}

function instant(date: Date): string {
  return date.toISOString().replace(/\.000Z$/, "Z");
}

function remaining(notAfter: Date): string {
  const left = notAfter.getTime() - Date.now();
  if (left < 0) return "expired";
  const days = Math.floor(left / DAY);
  return days === 0 ? "less than a day left" : `${days} ${days === 1 ? "day" : "days"} left`;
}
