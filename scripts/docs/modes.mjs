/** docs/modes.md: what each mode is for, who its clients are, and the server config it runs. */
import { code, GENERATED, table } from "./page.mjs";

export async function modesPage(modes, built) {
  const { renderConfig } = await import(new URL("render.js", built));
  const overview = table(
    ["mode", "groups", "checks", "what it is for"],
    modes.map((mode) => [
      `[${mode.name}](#${mode.name})`,
      mode.groups.join(", "),
      Object.keys(mode.checks).length,
      mode.why,
    ]),
  );
  return `${GENERATED}

# Modes

A mode is a security set-up of nats-server. \`nats-sandbox up MODE\` brings it up with secrets and certificates of its
own, and [checks](checks.md) that it does what it promises. A mode argument is a name, an alias, a group, or \`all\`;
without one, the group \`core\` is meant: the modes of the NATS page "Securing Connections".

${overview}

In the configs below, \`$app.password\` stands for a secret of the mode, \`@server.cert\` for the path of a certificate
file, and \`-1\` lets the server choose its port. A line with \`# sec:\` is one on which the security of the mode hangs.
\`nats-sandbox config MODE\` prints the config with its real paths, as the server version at hand gets it.

${modes.map((mode) => section(mode, renderConfig)).join("\n\n")}
`;
}

function section(mode, renderConfig) {
  const names = [mode.name, ...(mode.aliases ?? [])].map(code).join(", ");
  const extra = Object.entries(mode.servers).filter(([, recipe]) => recipe.during === "check");
  return [
    `## ${mode.name}`,
    `**${mode.title}** (${names}). ${mode.why}`,
    clients(mode),
    certificates(mode),
    config(mode, renderConfig),
    extra.length === 0 ? "" : besides(mode, extra),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function clients(mode) {
  const rows = Object.entries(mode.clients)
    .filter(([, { server = "server" }]) => mode.servers[server]?.during === undefined)
    .map(([name, spec]) => [code(name), describeClient(spec)]);
  return table(["client", "gets in with"], rows);
}

function describeClient({ login, trust, present, inboxPrefix }) {
  const parts = [
    ...Object.entries(login ?? {}).map(([slot, ref]) => `${slot} ${code(ref)}`),
    trust === "ca" ? "the mode's CA to trust" : "",
    present == null ? "" : `the certificate ${code(present)}`,
    inboxPrefix === undefined ? "" : `replies under ${code(inboxPrefix)}`,
  ];
  return parts.filter((part) => part !== "").join(", ") || "nothing";
}

function certificates(mode) {
  const rows = Object.entries(mode.certificates ?? {}).map(([name, { profile, fault, commonName }]) => [
    code(name),
    `[${profile}](certificates.md#profiles)`,
    fault === undefined ? "" : `[${fault}](certificates.md#faults)`,
    commonName ?? name,
  ]);
  return rows.length === 0 ? "" : table(["certificate", "profile", "fault", "common name"], rows);
}

function config(mode, renderConfig) {
  const texts = Object.values(mode.servers)
    .filter((recipe) => recipe.during === undefined)
    .map((recipe) =>
      renderConfig(recipe.template, {
        title: `nats-sandbox ${mode.name}: ${mode.title}. Test keys only.`,
        host: "127.0.0.1",
        ports: { client: -1 },
        can: () => true,
        params: recipe.params ?? {},
      }).trimEnd(),
    );
  return texts.map((text) => `\`\`\`\n${text}\n\`\`\``).join("\n\n");
}

function besides(mode, extra) {
  const own = mode.servers.server?.params ?? {};
  const described = extra.map(([name, { params = {} }]) => {
    const differing = Object.entries(params).filter(([key, value]) => own[key] !== value);
    return `${code(name)} (${differing.map(([key, value]) => `${key} ${code(value)}`).join(", ")})`;
  });
  return `While the mode is checked there is also the server ${described.join(" and ")}.`;
}
