/** Tables of docs/configuration.md: every key of nats-sandbox.yaml, out of its JSON Schema, and the templates. */
import { code, table } from "./page.mjs";

export async function configurationTables(built) {
  const { jsonSchema } = await import(new URL("config/json-schema.js", built));
  const { TEMPLATES } = await import(new URL("config/templates.js", built));
  const { own, ...settings } = jsonSchema().properties;
  const mode = own.additionalProperties;
  const { servers, certificates, secrets, clients, checks } = mode.properties;
  const server = servers.additionalProperties;
  const user = server.properties.users.items;
  const check = checks.additionalProperties;
  return {
    settings: keys({ properties: { ...settings, own } }),
    mode: keys(mode),
    server: keys(server),
    user: keys({ properties: { login: user.properties.login, ...permissions(user) } }),
    certificate: keys(certificates.additionalProperties),
    secret: keys(
      { properties: Object.assign({}, ...secrets.additionalProperties.oneOf.map((one) => one.properties)) },
      kinds,
    ),
    client: keys(clients.additionalProperties),
    check: keys(check),
    step: steps(check.properties.step.oneOf),
    template: templates(TEMPLATES),
  };
}

/** The two kinds of secret are told in one row. */
const kinds = { kind: "`password`: a user name and a password; `token`: a token." };

function permissions({ properties }) {
  const all = properties.permissions.properties;
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [`permissions.${name}`, one]));
}

function keys({ properties }, instead = {}) {
  const rows = Object.entries(properties).map(([name, one]) => [
    code(name),
    instead[name] ?? one.description,
    choices(one).map(code).join(" "),
  ]);
  return table(["key", "what it says", "choices"], rows);
}

/** A long list of them is told elsewhere. */
function choices({ enum: own, anyOf = [], items }) {
  const all = own ?? items?.enum ?? anyOf.flatMap((one) => choices(one));
  return all.length > 10 ? [] : all;
}

function steps(all) {
  return table(
    ["`op`", "its keys"],
    all.map(({ properties: { op, ...rest } }) => [
      code(op.const),
      Object.entries(rest)
        .map(([name, { description }]) => `${code(name)}: ${lower(description)}`)
        .join(" "),
    ]),
  );
}

function lower(sentence = "") {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function templates(all) {
  return table(
    ["template", "what it is", "needs", "may have"],
    Object.entries(all).map(([name, { what, needs, may = [] }]) => [
      code(name),
      what,
      needs.map(code).join(" "),
      may.map(code).join(" "),
    ]),
  );
}
