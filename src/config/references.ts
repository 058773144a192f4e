/** What an own mode refers to by name must be there: secrets, certificates, clients, servers, checks. */

import { suggestion } from "./problems.ts";
import type { Reporter } from "./reporter.ts";
import type { ParamKind } from "./templates.ts";
import { type View, view } from "./view.ts";

/** A reference to a secret: name, field, and whether in the other case. */
const SECRET = /^\$(.+)\.(user|password|token|hash)(:swapcase)?$/;
const FILE = /^@(.+)\.(cert|key)$/;

/** The field must be one that the secret has. */
function checkSecretRef(mode: View, ref: View, reporter: Reporter): void {
  if (ref.text === undefined) return;
  const [, name = "", field = ""] = SECRET.exec(ref.text) ?? [];
  if (name === "") {
    reporter.tell(ref, "must be a reference to a secret, such as $app.password", {
      fix: "give a password or token of your own as value of a secret, and refer to that",
    });
    return;
  }
  const secrets = mode.get("secrets");
  if (!reporter.oneOf(as(name, ref), "secret", secrets.keys())) return;
  const secret = secrets.get(name);
  if (field === "hash") {
    if (secret.get("hash").text !== "bcrypt")
      reporter.tell(ref, `refers to a hash, and the secret ${name} has none`, {
        fix: `write hash: bcrypt into secrets.${name}`,
      });
    return;
  }
  const fields = secret.get("kind").text === "token" ? ["token"] : ["user", "password"];
  if (!fields.includes(field))
    reporter.tell(ref, `refers to a ${field}, and the secret ${name} has none`, {
      hint: `there are: ${fields.map((one) => `$${name}.${one}`).join(", ")}`,
    });
}

/** A part of a value as a value of its own, at the same place. */
function as(text: string, { path }: View): View {
  return view(text, path);
}

export function checkParam(mode: View, ref: View, kind: ParamKind, reporter: Reporter): void {
  if (kind === "secret") checkSecretRef(mode, ref, reporter);
  else if (ref.text !== undefined) checkFileRef(mode, ref, ref.text, kind, reporter);
}

function checkFileRef(
  mode: View,
  ref: View,
  text: string,
  kind: Exclude<ParamKind, "secret">,
  reporter: Reporter,
): void {
  const certificates = mode.get("certificates").keys();
  const example = { certificate: "@server.cert", key: "@server.key", ca: "@ca" }[kind];
  if (text === "@ca" && kind === "ca") {
    if (certificates.length === 0)
      reporter.tell(ref, "refers to the mode's CA, and the mode has no certificates", {
        fix: "add certificates: { server: { profile: server } }",
      });
    return;
  }
  const [, name = "", part = ""] = FILE.exec(text) ?? [];
  if (name === "" || (part === "key") !== (kind === "key"))
    reporter.tell(ref, `must be a reference such as ${example}`);
  else reporter.oneOf(as(name, ref), "certificate", certificates);
}

/** A client, or what a check changes in one. */
export function checkClient(mode: View, client: View, reporter: Reporter): void {
  const certificates = mode.get("certificates").keys();
  for (const slot of ["user", "password", "token"]) {
    const ref = client.get("login").get(slot);
    if (ref.text !== "" || reporter.variables(ref).length > 0) checkSecretRef(mode, ref, reporter);
  }
  reporter.oneOf(client.get("present"), "certificate", certificates);
  reporter.oneOf(client.get("server"), "server", mode.get("servers").keys());
  const trust = client.get("trust");
  if (trust.text !== undefined && certificates.length === 0)
    reporter.tell(trust, "needs a CA, and the mode has no certificates", {
      fix: "add certificates: { server: { profile: server } }, and give them to the server",
    });
}

/** The parties, certificate and server that a step names. */
export function checkStep(mode: View, step: View, reporter: Reporter): void {
  for (const party of ["witness", "source", "responder", "asker"])
    reporter.oneOf(step.get(party), "client", mode.get("clients").keys());
  reporter.oneOf(step.get("certificate"), "certificate", mode.get("certificates").keys());
  const servers = mode.get("servers");
  const extra = servers.keys().filter((name) => servers.get(name).get("during").text === "check");
  if (
    reporter.oneOf(step.get("server"), "server", servers.keys()) &&
    !extra.includes(step.get("server").text ?? "")
  )
    reporter.tell(step.get("server"), "must be a server that lives only while the mode is checked", {
      hint: suggestion(undefined, extra, "there is none"),
      fix: "write during: check into that server: one that does not start stops the whole mode otherwise",
    });
}
