/** What in the environment changes how clients behave, behind the back of who tries them. Shows no value of a variable. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { NAMES } from "../env.ts";
import { type Item, ok, warning } from "./item.ts";

const OTHERS: Readonly<Record<string, string>> = {
  SSL_CERT_FILE: "Go and OpenSSL programs believe the CAs in it, and not those of the system",
  SSL_CERT_DIR: "Go and OpenSSL programs believe the CAs in it, and not those of the system",
  NODE_EXTRA_CA_CERTS: "Node programs believe the CAs in it too",
  NODE_OPTIONS: "it changes how Node programs run, this one too",
};

export function examineEnvironment(env: NodeJS.ProcessEnv): readonly Item[] {
  const bad = [...clientItems(env), ...otherItems(env), ...contextItems(env)];
  return bad.length > 0 ? bad : [ok("environment", "nothing in the environment gets in the way of clients")];
}

function clientItems(env: NodeJS.ProcessEnv): readonly Item[] {
  const set = NAMES.filter((name) => env[name]);
  if (set.length === 0) return [];
  const text = `${set.join(", ")} ${set.length === 1 ? "is" : "are"} set: the nats CLI uses that with whatever server it dials`;
  return [warning("environment-nats", text, `unset ${set.join(" ")}`)];
}

function otherItems(env: NodeJS.ProcessEnv): readonly Item[] {
  const set = Object.entries(OTHERS).filter(([name]) => env[name]);
  const items = set.map(([name, why]) =>
    warning(`environment-${name}`, `${name} is set: ${why}`, `unset ${name}`),
  );
  const name = "NODE_TLS_REJECT_UNAUTHORIZED";
  if (env[name] !== "0") return items;
  return [
    ...items,
    warning(`environment-${name}`, `${name} is 0: Node programs believe any server`, `unset ${name}`),
  ];
}

/** https://github.com/nats-io/jsm.go natscontext: the selected one is named in context.txt. */
function contextItems(env: NodeJS.ProcessEnv): readonly Item[] {
  const base = env.XDG_CONFIG_HOME ?? "";
  const config = isAbsolute(base) ? base : join(env.HOME || homedir(), ".config");
  const selected = read(join(config, "nats", "context.txt")).trim();
  if (selected === "") return [];
  const text = `the nats context ${JSON.stringify(selected.slice(0, 100))} is selected: the nats CLI sends its login, whatever NATS_URL says`;
  return [warning("environment-context", text, "nats context unselect")];
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
