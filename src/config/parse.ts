/** The text of nats-sandbox.yaml -> settings and modes, or one error that tells everything that is wrong with it. */
import type { Mode } from "../model.ts";
import { checkChecks } from "./check-rules.ts";
import { type Config, DEFAULT_SELECTION, type Rules } from "./config.ts";
import { readDocument } from "./document.ts";
import { checkOwnNames, checkSelection, nameable } from "./names.ts";
import { modeOf, type WrittenMode } from "./own-mode.ts";
import { readPorts, withPorts } from "./ports.ts";
import { invalidConfig } from "./problems.ts";
import { checkClient } from "./references.ts";
import { Reporter } from "./reporter.ts";
import { checkCertificates, checkSecrets, checkServers } from "./server-rules.ts";
import { checkHosts, checkReports, readServer } from "./settings-rules.ts";
import { fitToSchema } from "./shape-problems.ts";
import { limitsOf, type WrittenLimits } from "./sizes.ts";
import { type View, view } from "./view.ts";

/** What the schema lets through. */
interface Written extends Omit<Config, "file" | "modes" | "selected" | "jetstream"> {
  readonly jetstream?: boolean | WrittenLimits;
  readonly modes?: readonly string[];
  readonly ports?: unknown;
  readonly own?: Readonly<Record<string, WrittenMode>>;
}

interface Source {
  /** Absolute path. */
  readonly path: string;
  /** The same as it is told to people. */
  readonly shown: string;
  readonly text: string;
}

/** @throws SandboxError `invalid-config` */
export function parseConfig(
  { path, shown, text }: Source,
  env: NodeJS.ProcessEnv,
  builtIn: readonly Mode[],
  rules: Rules,
): Config {
  const document = readDocument(text, env);
  const { data, problems } = fitToSchema(document);
  const reporter = new Reporter(document);
  const root = view(data);
  const own = root.get("own");
  const all = nameable(builtIn, own);
  checkOwnNames(own, builtIn, reporter);
  checkSelection(root.get("modes"), all, reporter);
  checkHosts(root.get("hosts"), rules, reporter);
  checkReports(root.get("reports"), rules, reporter);
  const server = readServer(root.get("server"), path, reporter);
  const fixed = readPorts(root.get("ports"), own, all, reporter);
  for (const [, mode] of own.entries()) checkMode(mode, reporter);
  const wrong = [...problems, ...reporter.problems].filter(({ offset }) => !document.unknown.has(offset));
  if (document.problems.length + wrong.length > 0)
    throw invalidConfig(shown, [...document.problems, ...wrong], document.position);

  const written = data as Written;
  const { own: owned = {}, modes: selected = DEFAULT_SELECTION, ports: _, jetstream, ...settings } = written;
  const limits = typeof jetstream === "object" ? limitsOf(jetstream) : jetstream;
  const modes = [...builtIn, ...Object.entries(owned).map(([name, mode]) => modeOf(name, mode))];
  return {
    ...settings,
    file: path,
    modes: modes.map((mode) => withPorts(mode, fixed)),
    selected,
    ...(server === undefined ? {} : { server }),
    ...(limits === undefined ? {} : { jetstream: limits }),
  };
}

function checkMode(mode: View, reporter: Reporter): void {
  checkServers(mode, reporter);
  checkSecrets(mode.get("secrets"), reporter);
  checkCertificates(mode.get("certificates"), reporter);
  const clients = mode.get("clients");
  for (const [, client] of clients.entries()) checkClient(mode, client, reporter);
  checkApp(mode, clients, reporter);
  checkChecks(mode, reporter);
}

/** Every mode has `app`, whose connection is handed out. */
function checkApp(mode: View, clients: View, reporter: Reporter): void {
  if (!clients.given) return; // told by the schema
  const app = clients.get("app");
  if (!app.given)
    reporter.tell(clients, "has no client called app", { hint: "that is the one that gets in" });
  const server = app.get("server");
  if (
    mode
      .get("servers")
      .get(server.text ?? "server")
      .get("during").given
  )
    reporter.tell(server, "must be a server that is handed out, and that one lives only during checks");
}
