/** Tables of facts for pages that are written by hand: certificate profiles and faults, error codes. */
import { code, table } from "./page.mjs";

export async function profileTable(built) {
  const { ca, leaves } = await catalogue(built);
  const row = ([name, profile]) => [
    code(name),
    profile.description,
    `${duration(profile.notBefore)} … ${duration(profile.notAfter)}`,
    [...profile.keyUsage, ...(profile.rsaKeyUsage ?? []).map((usage) => `${usage} (RSA only)`)].join(", "),
    (profile.extendedKeyUsage ?? []).join(", "),
    (profile.subjectAltName ?? profile.nameConstraints ?? []).map(code).join(", "),
  ];
  return table(
    [
      "profile",
      "what it is for",
      "valid, from now",
      "key usage",
      "extended key usage",
      "names (ca: the only ones permitted)",
    ],
    [["ca", ca], ...Object.entries(leaves)].map(row),
  );
}

export async function faultTable(built) {
  const { faults } = await catalogue(built);
  const { MODES } = await import(new URL("modes/all.gen.js", built));
  const rows = [...faults].map(([name, fault]) => [
    code(name),
    fault.description,
    Object.entries(fault.set)
      .map(([field, value]) => `${field}: ${code(readable(value))}`)
      .join(", "),
    fault.for.join(", "),
    outcomes(MODES, name).join(", ") || "not checked in a mode yet",
  ]);
  return table(["fault", "what is wrong", "changes", "profiles", "what nats-server does"], rows);
}

function readable(value) {
  if (typeof value === "number") return duration(value);
  return Array.isArray(value) ? `[${value.join(", ")}]` : value;
}

/** Milliseconds as the YAML files write them. */
function duration(ms) {
  const [size, unit] = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "m"],
  ].find(([size]) => ms % size === 0) ?? [1000, "s"];
  return `${ms / size}${unit}`;
}

/** What checks expect where a client presents a certificate with this fault. */
function outcomes(modes, fault) {
  const found = modes.flatMap((mode) =>
    Object.values(mode.checks)
      .filter((check) => mode.certificates?.[check.but?.present]?.fault === fault)
      .map((check) => (check.expect === "ok" ? "lets it in" : `refuses: ${code(check.expect)}`)),
  );
  return [...new Set(found)];
}

async function catalogue(built) {
  const { loadCatalogue } = await import(new URL("pki/profiles.js", built));
  return loadCatalogue();
}

/** What each error code means; a code that is missing here, or gone from the program, stops the generator. */
const ERRORS = {
  usage: "An argument or a certificate recipe makes no sense.",
  "unknown-mode": "No mode, alias or group has that name; the nearest one is suggested.",
  "invalid-name": "A sandbox name must be a plain file name.",
  "invalid-host": "A name given with `--host` cannot stand in a certificate.",
  "invalid-secret":
    "A secret is empty, too long for bcrypt, looks like a bcrypt hash, or holds a character that cannot be sent.",
  "invalid-server": "What was given as a server is neither a file nor a version.",
  "invalid-config":
    "nats-sandbox.yaml is not what it should be; file, line and column are named, and what is allowed there.",
  "unknown-client": "The mode has no client of that name; those it has are listed.",
  "not-up": "The sandbox, or the mode in it, does not run.",
  "port-in-use": "A port that was asked for is taken; who holds it is said where the system tells.",
  "name-in-use": "Another process owns the sandbox of that name: stop it, or choose another `--name`.",
  "state-unusable":
    "The state directory or the cache cannot be written, or holds something that is not ours.",
  "output-unusable":
    "A file, a folder or standard output cannot be written, or what is there is something else.",
  "server-not-found":
    "No nats-server was found or fetched; every source that was tried is listed with its reason.",
  "server-broken": "The file does not run, or is no nats-server of version 1.4 or later.",
  "start-failed":
    "The server ended or was not ready in time; its own last words are quoted, without secrets.",
  "reload-failed": "The server refused its new config or certificates and runs on with the old ones.",
  "server-lost": "A server ended although nobody stopped it; its last words are in the detail.",
  "toolchain-unusable":
    "`connect --run` needs a program that is not here, or the client of that language could not be installed or compiled; the tool's own words are in the detail.",
  "engine-unavailable":
    "The engine does not answer, has no room left, or lacks what was asked for; every place that was tried is listed.",
  "image-unavailable": "The image can neither be pulled nor built here; what its registry said is quoted.",
  aborted:
    "Something else stopped it before it was up: `down` while `up --detach` starts; in a program, a signal of `stopOn`.",
  bug: "A mistake of this program: please report it.",
};

export async function errorTable(built) {
  const { ERROR_STATUS } = await import(new URL("errors.js", built));
  const unknown = Object.keys(ERRORS).filter((name) => !(name in ERROR_STATUS));
  const untold = Object.keys(ERROR_STATUS).filter((name) => !(name in ERRORS));
  if (unknown.length + untold.length > 0)
    throw new Error(
      `scripts/docs/facts.mjs and src/errors.ts differ in: ${[...unknown, ...untold].join(", ")}`,
    );
  const rows = Object.entries(ERROR_STATUS).map(([name, status]) => [code(name), status, ERRORS[name]]);
  return table(["code", "exit status", "what it means"], rows);
}
