/** Host names and addresses that a certificate can be good for: checking what a person typed, and their bytes. */
import { isIP, isIPv4 } from "node:net";
import { domainToASCII } from "node:url";
import { SandboxError } from "../errors.ts";

/** RFC 1034 §3.5: letters, digits and inner hyphens, 63 a label; clients reject underscores in certificates. */
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const DNS_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
/** A wildcard stands for one whole label; verifiers do not match `*.com`, so two labels must follow (RFC 6125 §7.2). */
const WILDCARD_NAME = new RegExp(`^\\*\\.${LABEL}(?:\\.${LABEL})+$`);
const LAST_LABEL_IS_A_NUMBER = /(?:^|\.)[0-9]+$/;
const LONGEST_DNS_NAME = 253;

/**
 * Checks host names that a person gave and brings them into one form: DNS names in lower case and punycode, addresses
 * as RFC 5952 writes them, each once. A DNS name may start with one wildcard label.
 * @throws SandboxError `invalid-host`
 */
export function hostNames(hosts: readonly string[]): readonly string[] {
  return [...new Set(hosts.map(hostName))];
}

/** True of names such as `nats.example.test`, in lower case and ASCII. */
export function isDnsName(name: string): boolean {
  return name.length <= LONGEST_DNS_NAME && DNS_NAME.test(name) && !LAST_LABEL_IS_A_NUMBER.test(name);
}

/** The 4 or 16 bytes of an IP address. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  const [head = [], tail = []] = canonicalIPv6(address)
    .split("::")
    .map((part) => part.split(":").filter(Boolean));
  const zeros = Array<string>(8 - head.length - tail.length).fill("0");
  const groups = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function hostName(host: string): string {
  const kind = isIP(host);
  if (kind === 4) return host;
  if (kind === 6) return hostAddress(host);
  const name = asciiName(host);
  if (!isDnsName(name) && !(WILDCARD_NAME.test(name) && isDnsName(name.slice(2)))) throw notAHost(host);
  if (/(?:^|\.)invalid$/.test(name)) {
    throw notAHost(host, "names under .invalid never resolve (RFC 6761); the fault wrong-host uses one");
  }
  return name;
}

function hostAddress(address: string): string {
  if (address.includes("%")) throw notAHost(address, "certificates have no place for an IPv6 zone");
  const canonical = canonicalIPv6(address);
  if (canonical.startsWith("::ffff:")) {
    throw notAHost(
      address,
      "clients dial an IPv4-mapped address as IPv4, and look for that in a certificate",
    );
  }
  return canonical;
}

/** Punycode of an internationalised name; nothing else that a URL parser forgives, such as `%61` or `nats@host`. */
function asciiName(host: string): string {
  const name = host.toLowerCase();
  return /^[a-z0-9.*\u{80}-\u{10ffff}-]+$/u.test(name) ? toAscii(name) : "";
}

function toAscii(name: string): string {
  return /^[ -~]*$/.test(name) ? name : domainToASCII(name);
}

function canonicalIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function notAHost(host: string, detail?: string): SandboxError {
  return new SandboxError("invalid-host", `${JSON.stringify(host)} cannot be a host name of a certificate`, {
    ...(detail === undefined ? {} : { detail }),
    fix: "give a DNS name (nats.example.test, *.example.test) or an IP address (192.0.2.7, 2001:db8::7), without scheme, port or brackets",
  });
}
