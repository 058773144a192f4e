/** docs/checks.md: every check of every mode, and the findings that are recorded beside them. */
import { code, GENERATED, table } from "./page.mjs";

export async function checksPage(modes, built) {
  const [{ deciderOf }, { controlOf }, { firstVersion }] = await Promise.all(
    ["classify.js", "check/control.js", "server/capabilities.js"].map((file) => import(new URL(file, built))),
  );
  const facts = { deciderOf, controlOf, firstVersion };
  const all = modes.flatMap((mode) => Object.values(mode.checks));
  const refused = all.filter((check) => check.expect !== "ok").length;
  return `${GENERATED}

# Checks

${all.length} checks in ${modes.length} modes; ${refused} of them expect to be turned away. Each is one row of its
mode's data in \`src/modes/\`, and this page is made from those.

- **as, but**: the client of the mode that dials, and the one thing in which it differs from the client that gets in.
- **expect**: \`ok\`, or the way to be turned away. Anything else that goes wrong (unreachable, a timeout) fails the check.
- **decided by**: the side whose word counts. A refusal by the server needs the server's own log line about that very
  connection, and a client that saw it; a refusal by the client needs its reason, and no CONNECT sent.
- **control**: the check that must have passed before this refusal counts. If it did not, this one is inconclusive.
- **driver**: \`wire\` is our own probe, which judges; \`nats.js\` and the \`nats\` CLI (where it is installed) are second
  opinions, dialled through a relay that records what they send.

${modes.map((mode) => section(mode, facts)).join("\n\n")}
`;
}

function section(mode, facts) {
  const rows = Object.entries(mode.checks).map(([id, check]) => [
    code(id),
    check.title,
    [code(check.as), ...differences(check.but)].join(", "),
    describeStep(check.step),
    code(check.expect),
    facts.deciderOf(check.expect),
    check.driver ?? "wire",
    code(facts.controlOf(mode, id, check)?.id ?? ""),
    remarks(check, facts),
  ]);
  const head = [
    "id",
    "what is tried",
    "as, but",
    "does",
    "expect",
    "decided by",
    "driver",
    "control",
    "remarks",
  ];
  return [`## ${mode.name}`, mode.why, table(head, rows), findings(mode)]
    .filter((part) => part !== "")
    .join("\n\n");
}

function differences(but = {}) {
  return Object.entries(but).map(([key, value]) => {
    if (value === null)
      return `no ${key === "trust" ? "CA to trust" : key === "present" ? "certificate" : key}`;
    if (key === "login") return slots(value);
    if (key === "present") return `certificate ${code(value)}`;
    if (key === "trust") return `trusts ${code(value)}`;
    if (key === "verifyAs") return `means ${code(value)}`;
    if (key === "loginIn") return `login in the ${value === "url" ? "URL" : value}`;
    if (key === "maxVersion") return `at most ${value}`;
    if (key === "tls")
      return { never: "stays in plaintext", demand: "told `tls://`", "demand-by-option": "a `tls` option" }[
        value
      ];
    return `${key} ${code(String(value))}`;
  });
}

function slots(login) {
  return Object.entries(login)
    .map(([slot, ref]) => (ref === "" ? `empty ${slot}` : `${slot} ${code(ref)}`))
    .join(", ");
}

/** What is done once it has dialled, in a few words: the step's own name and its values. */
function describeStep(step = { op: "connect" }) {
  const { op, ...values } = step;
  const shown = Object.entries(values).map(([key, value]) => {
    if (key === "subject" || key === "queue") return `${key === "queue" ? "queue " : ""}${code(value)}`;
    if (key === "promises") return promises(value);
    if (key === "headers") return "with headers";
    if (key === "send") return code(JSON.stringify(value).slice(1, -1));
    return `${key} ${code([value].flat().join(", "))}`;
  });
  return [op.replaceAll("-", " "), shown.join(", ")].filter((part) => part !== "").join(": ");
}

function promises(fields) {
  const kept = Object.entries(fields).filter(([, promised]) => promised);
  return kept.length === 0 ? "nothing" : kept.map(([field]) => code(field)).join(", ");
}

function remarks(check, { firstVersion }) {
  const { needs, deviates, note } = check;
  return [
    needs === undefined ? "" : `needs nats-server ${firstVersion(needs)}.`,
    deviates === undefined
      ? ""
      : `Before nats-server ${firstVersion(deviates.without)} it deviates (${code(deviates.got)}): ${deviates.because}.`,
    note ?? "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

function findings(mode) {
  const rows = Object.entries(mode.findings ?? {}).map(([id, finding]) => [
    code(id),
    finding.title,
    [code(finding.as), ...differences(finding.but)].join(", "),
    finding.driver,
    Object.entries(finding.means)
      .map(([outcome, meaning]) => `${code(outcome)}: ${meaning}`)
      .join("; "),
  ]);
  if (rows.length === 0) return "";
  return `Findings: what clients do today, recorded and not judged.\n\n${table(["id", "what is tried", "as, but", "driver", "what an outcome means"], rows)}`;
}
