/** What the servers and secrets of an own mode must be, beyond their shape. */
import { brokenRule } from "../secret-rules.ts";
import { suggestion } from "./problems.ts";
import { checkParam } from "./references.ts";
import type { Reporter } from "./reporter.ts";
import { DEFAULT_TEMPLATE, paramKind, TEMPLATES, type Template } from "./templates.ts";
import type { View } from "./view.ts";

/** Stands in the folder of a mode beside those of its servers. */
const TAKEN = "clients";

export function checkServers(mode: View, reporter: Reporter): void {
  const servers = mode.get("servers");
  const main = servers.get("server");
  if (servers.given && !main.given)
    reporter.tell(servers, "has no server called server", { hint: "that is the one clients dial" });
  if (main.get("during").given)
    reporter.tell(main.get("during"), "must not be there: the one called server is handed out");
  for (const [name, server] of servers.entries()) {
    if (name === TAKEN)
      reporter.tell(server, "cannot have that name: a folder of the mode has it", { key: true });
    const named = server.get("template").given ? (server.get("template").text ?? "") : DEFAULT_TEMPLATE;
    const template = Object.hasOwn(TEMPLATES, named) ? TEMPLATES[named] : undefined;
    if (template !== undefined) checkTemplate(mode, server, named, template, reporter);
    checkUsers(mode, server.get("users"), reporter);
  }
}

function checkTemplate(mode: View, server: View, name: string, template: Template, reporter: Reporter): void {
  const { needs, may = [], users = false } = template;
  const params = server.get("params");
  const known = [...needs, ...may];
  for (const [param, ref] of params.entries()) {
    if (known.includes(param)) checkParam(mode, ref, paramKind(param), reporter);
    else
      reporter.tell(ref, `is no parameter of the template ${name}`, {
        hint: suggestion(param, known, "it takes none"),
        key: true,
      });
  }
  const missing = needs.filter((param) => !params.has(param));
  if (missing.length > 0)
    reporter.tell(
      params.given ? params : server,
      `lacks parameters of the template ${name}: ${missing.join(", ")}`,
      {
        hint: `it needs: ${needs.join(", ")}`,
      },
    );
  for (const [one, other] of [
    ["certificate", "key"],
    ["key", "certificate"],
    ["ca", "certificate"],
  ] as const)
    if (may.includes(one) && params.has(one) && !params.has(other))
      reporter.tell(params.get(one), `is given without ${other}`, {
        hint: "TLS needs a certificate and its key",
      });
  if (server.get("users").given && !users)
    reporter.tell(server.get("users"), `is nothing that the template ${name} takes`, {
      hint: `${DEFAULT_TEMPLATE} does`,
    });
}

function checkUsers(mode: View, users: View, reporter: Reporter): void {
  const secrets = mode.get("secrets");
  const seen = new Set<string>();
  for (const user of users.items()) {
    const login = user.get("login");
    checkPermissions(user.get("permissions"), reporter);
    if (!reporter.oneOf(login, "secret", secrets.keys())) continue;
    const secret = secrets.get(login.text ?? "");
    if (secret.get("kind").text === "token")
      reporter.tell(login, "must name a secret of kind password: a user has a name");
    const name = secret.get("user").text;
    if (name === undefined) continue;
    if (seen.has(name)) reporter.tell(login, "is a user that the server has already");
    seen.add(name);
  }
}

function checkPermissions(permissions: View, reporter: Reporter): void {
  for (const way of ["publish", "subscribe"])
    for (const list of ["allow", "deny"])
      for (const subject of permissions.get(way).get(list).items())
        if (subject.text !== undefined && !isSubject(subject.text, way === "subscribe"))
          reporter.tell(subject, "must be a subject", {
            hint:
              way === "subscribe"
                ? "parts with dots between them; * stands for one part, > for all that follow; a queue after a space"
                : "parts with dots between them; * stands for one part, > for all that follow",
          });
}

/** As nats-server takes it (sublist.go, IsValidSubject): no empty part, `>` at the end only. */
function isSubject(text: string, queues: boolean): boolean {
  const [subject = "", ...queue] = text.split(" ");
  if (queue.length > (queues ? 1 : 0) || queue.includes("")) return false;
  const parts = subject.split(".");
  return (
    !/[\s\p{Cc}]/u.test(text.replace(" ", "")) &&
    parts.every((part, i) => part !== "" && (part !== ">" || i === parts.length - 1))
  );
}

export function checkSecrets(secrets: View, reporter: Reporter): void {
  for (const [, secret] of secrets.entries()) {
    const bcrypt = secret.get("hash").text === "bcrypt";
    for (const [value, options] of [
      [secret.get("value"), { bcrypt }],
      [secret.get("user"), {}],
    ] as const) {
      const broken = value.text === undefined ? undefined : brokenRule(value.text, options);
      if (broken !== undefined)
        reporter.tell(value, `${broken.why}${reporter.blame(value)}`, { fix: broken.fix });
    }
  }
}

/** Certificates become files `NAME.pem` and `NAME-key.pem` beside `ca.pem`. */
export function checkCertificates(certificates: View, reporter: Reporter): void {
  for (const [name, certificate] of certificates.entries()) {
    const clash = name === "ca" || (name.endsWith("-key") && certificates.has(name.slice(0, -"-key".length)));
    if (clash)
      reporter.tell(certificate, "cannot have that name: another file of the mode would have it too", {
        key: true,
      });
    const [fault, profile] = [certificate.get("fault"), certificate.get("profile").text];
    const fits =
      fault.text === undefined || !Object.hasOwn(FAULTS_OF_SOME, fault.text)
        ? undefined
        : FAULTS_OF_SOME[fault.text];
    if (fits !== undefined && profile !== undefined && !fits.includes(profile))
      reporter.tell(fault, `is no fault of a certificate with the profile ${profile}`, {
        hint: `it goes with: ${fits.join(", ")}`,
      });
  }
}

/** Faults that only some profiles can have; a test compares this with certs/faults.yaml. */
export const FAULTS_OF_SOME: Readonly<Record<string, readonly string[]>> = {
  "wrong-host": ["server", "peer"],
  "server-eku-only": ["client", "peer"],
  "no-san": ["server", "peer"],
};
